import type { ShellRuleId } from '../rules/catalogue.js';
import { fileTools } from './data/file-tools.js';
import { git } from './data/git.js';
import { interpreters } from './data/interpreters.js';
import { networkTools } from './data/network-tools.js';
import { projectTools } from './data/project-tools.js';
import { refusedTools } from './data/refused-tools.js';
import { textTools } from './data/text-tools.js';
import { elevationTools, wrapperTools } from './data/wrapper-tools.js';
import type { ToolProfile } from './tool-profile.js';

/** Every profile that describes arguments; programs that are refused by name alone are in `refusedTools`. */
export const toolProfiles: readonly ToolProfile[] = [
  ...fileTools,
  ...textTools,
  git,
  ...networkTools,
  ...projectTools,
  ...interpreters,
  ...wrapperTools,
  ...elevationTools,
];

const byName = new Map<string, ToolProfile>();
for (const [rule, names] of Object.entries(refusedTools) as [ShellRuleId, string][]) {
  for (const name of names.split(' ').filter(Boolean)) byName.set(name, { names: name, refused: rule });
}
for (const profile of toolProfiles) for (const name of profile.names.split(' ')) byName.set(name, profile);

const elevation = new Set(elevationTools.flatMap(({ names }) => names.split(' ')));

/** What the name of a program stands for: its profile and the name the profile goes by. */
export interface KnownProgram {
  readonly name: string;
  readonly profile: ToolProfile;
  readonly elevates: boolean;
}

/**
 * Gives the profile of a program name. Version suffixes (`python3.11`, `gcc-12`), `.exe` and letter case do not hide a
 * program; `mkfs.*` and `fsck.*` are families.
 */
export function findProfile(name: string): KnownProgram | undefined {
  const lower = name.toLowerCase().replace(/\.(?:exe|com|cmd|bat)$/, '');
  for (const candidate of [name, lower, lower.replace(/[-_.]?v?\d+(?:[.-]\d+)*$/, '')]) {
    const profile = byName.get(candidate);
    if (profile) return { name: candidate, profile, elevates: elevation.has(candidate) };
  }
  if (/^(?:mkfs|fsck|newfs)(?:[._-]|$)/.test(lower)) {
    return { name: lower, profile: { names: lower, refused: 'shell.destructive.disk' }, elevates: false };
  }
  if (/^ld(?:-linux|-musl|\.so)/.test(lower)) {
    return { name: lower, profile: { names: lower, refused: 'shell.exec.wrapper' }, elevates: false };
  }
  if (/^git-./.test(lower)) {
    return { name: lower, profile: { names: lower, refused: 'shell.exec.option' }, elevates: false };
  }
  return undefined;
}
