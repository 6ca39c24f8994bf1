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

const architecture =
  '(?:x86_64|amd64|i[3-6]86|aarch64|arm|riscv|powerpc|ppc|mips|s390|sparc|loongarch|m68k|alpha|hppa|ia64|sh4|avr|msp430|xtensa|wasm|bpf)';
const target = new RegExp(`^${architecture}[\\w.]*-`);
const builtFor = new RegExp(`-${architecture}[\\w.]*-[\\w.-]+$`);
// What GNU's tools are called beside others of the same names: `grm` of BSD and Homebrew, `gnurm` and `uu_rm` of newer systems.
const besideOthers = /^(?:gnu|uu[-_]|g)/;
const gnuTools: ReadonlySet<string> = new Set(
  'arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir dircolors dirname du echo env expand expr factor false find fmt fold groups head hostid id install join kill link ln locate logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tar tee test time timeout touch tr true truncate tsort tty uname unexpand uniq unlink updatedb uptime users vdir wc who whoami xargs yes'.split(
    ' ',
  ),
);

/** Gives the names that a program may have elsewhere, the plainest last. */
function otherNames(name: string): string[] {
  const built = name.replace(/-(?:dbg|debug|nogil|freethreaded)$/, '').replace(builtFor, '');
  // Behind each part of the target that it is for (`x86_64-linux-gnu-gcc`).
  const parts = target.test(built) ? built.split('-') : [];
  const behind = parts.slice(1, 5).map((_, at) => parts.slice(at + 1).join('-'));
  const names = [name, built, ...behind].flatMap((one) => [
    one,
    one.replace(/@[\w.^~-]*$/, ''),
    one.replace(/[-_.]?v?\d+(?:[.-]\d+)*[td]{0,2}$/, ''),
  ]);
  const gnu = name.replace(besideOthers, '');
  return gnuTools.has(gnu) ? [...names, gnu] : names;
}

/**
 * Gives the profile of a program name. Version suffixes (`python3.11`, `python3.13t`, `gcc-12`), targets
 * (`x86_64-linux-gnu-gcc`), GNU's other names (`grm`), `.exe` and letter case do not hide a program; `mkfs.*` and `fsck.*`
 * are families.
 */
export function findProfile(name: string): KnownProgram | undefined {
  const direct = profileOf(name);
  if (direct) return direct;
  if (answers.has(name)) return answers.get(name);
  // Names come from commands, so an agent could fill it without end.
  if (answers.size >= mostAnswers) answers.clear();
  const found = findByOtherNames(name);
  if (name.length <= longestKept) answers.set(name, found);
  return found;
}

// Scripts of a project and words of options are asked for again and again.
const answers = new Map<string, KnownProgram | undefined>();
const mostAnswers = 1024;
const longestKept = 64;

function findByOtherNames(name: string): KnownProgram | undefined {
  const lower = name.toLowerCase().replace(/\.(?:exe|com|cmd|bat)$/, '');
  for (const candidate of otherNames(lower)) {
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
