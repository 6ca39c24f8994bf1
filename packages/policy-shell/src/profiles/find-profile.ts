import type { ShellRuleId } from '../rules/catalogue.js';
import { documentTools } from './data/document-tools.js';
import { fileTools } from './data/file-tools.js';
import { git } from './data/git.js';
import { interpreters } from './data/interpreters.js';
import { networkTools } from './data/network-tools.js';
import { projectTools } from './data/project-tools.js';
import { refusedTools } from './data/refused-tools.js';
import { runnerTools } from './data/runner-tools.js';
import { textTools } from './data/text-tools.js';
import { versionControl } from './data/version-control.js';
import { elevationTools, wrapperTools } from './data/wrapper-tools.js';
import type { ToolProfile } from './tool-profile.js';

/** Every profile that describes arguments; programs that are refused by name alone are in `refusedTools`. */
export const toolProfiles: readonly ToolProfile[] = [
  ...fileTools,
  ...textTools,
  git,
  ...versionControl,
  ...networkTools,
  ...projectTools,
  ...interpreters,
  ...runnerTools,
  ...documentTools,
  ...wrapperTools,
  ...elevationTools,
];

/** What the name of a program stands for: its profile and the name the profile goes by. */
export interface KnownProgram {
  readonly name: string;
  readonly profile: ToolProfile;
  readonly elevates: boolean;
}

let table: ReadonlyMap<string, KnownProgram> | undefined;

// Made by the first question: most programs that load this library do not ask at once, and it is a third of the import.
function makeTable(): ReadonlyMap<string, KnownProgram> {
  const made = new Map<string, KnownProgram>();
  for (const [rule, names] of Object.entries(refusedTools) as [ShellRuleId, string][]) {
    for (const name of names.split(' ')) {
      made.set(name, { name, profile: { names: name, refused: rule }, elevates: false });
    }
  }
  made.delete('');
  for (const profile of toolProfiles) {
    const elevates = elevationTools.includes(profile);
    for (const name of profile.names.split(' ')) made.set(name, { name, profile, elevates });
  }
  return made;
}

/** Gives the profile that lists exactly this name. */
export function profileOf(name: string): KnownProgram | undefined {
  table ??= makeTable();
  return table.get(name);
}

/**
 * Gives the profile of a program name. Version suffixes (`python3.11`, `gcc-12`), `.exe` and letter case do not hide a
 * program; `mkfs.*` and `fsck.*` are families.
 */
export function findProfile(name: string): KnownProgram | undefined {
  const direct = profileOf(name);
  if (direct) return direct;
  const lower = name.toLowerCase().replace(/\.(?:exe|com|cmd|bat)$/, '');
  for (const candidate of [
    lower,
    lower.replace(/@[\w.^~-]*$/, ''),
    lower.replace(/[-_.]?v?\d+(?:[.-]\d+)*$/, ''),
  ]) {
    const known = profileOf(candidate);
    if (known) return known;
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
