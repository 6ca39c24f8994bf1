/** Sections of the settings page: their names in the address, and on the page. */
export const SECTIONS = [
  ['security', 'Security'],
  ['general', 'General'],
  ['model', 'Model'],
  ['tools', 'Tools'],
  ['web', 'Web'],
  ['variables', 'Variables'],
] as const;

/** Name of a section in the address. */
export type Section = (typeof SECTIONS)[number][0];

/** Beginnings of settings that stand in another section than Security, the longest first. */
const ELSEWHERE: readonly (readonly [string, Section])[] = [
  ['tools.web.', 'web'],
  ['tools.exec.', 'tools'],
  ['agents.', 'model'],
  ['providers.', 'model'],
];

/** Gives the section in which a setting, written as a path with dots, is changed. */
export function sectionOf(setting: string): Section {
  return ELSEWHERE.find(([beginning]) => setting.startsWith(beginning))?.[1] ?? 'security';
}
