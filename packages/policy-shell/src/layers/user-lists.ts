import type { InspectedProgram } from '../inspect/inspection.js';
import { findProfile } from '../profiles/find-profile.js';
import type { CheckedOptions } from '../policy-options.js';
import type { Finding } from '../rules/finding.js';

const canonical = (name: string): string => findProfile(name)?.name ?? name;

// `./run.sh` and `run.sh` in the list mean the file of the workspace only when written with a slash.
function matches(entry: string, program: InspectedProgram, exact: boolean): boolean {
  const [name = '', subcommand] = entry.split(' ');
  if (subcommand !== undefined && subcommand !== program.subcommand) return false;
  if (name.includes('/')) return name === program.token.value;
  // A look-alike in the workspace must not pass as the program of the system, but is refused like it.
  if (exact && !program.system) return false;
  return canonical(name) === program.name || name === program.token.value;
}

/** Gives the objection of mode, deny list or allow list to the programs of one command. */
export function refuseByLists(
  programs: readonly InspectedProgram[],
  options: CheckedOptions,
): Finding | undefined {
  if (options.mode === 'deny_all') return { rule: 'shell.mode.deny-all' };
  if (options.mode === 'allow_all' && options.deny.length === 0) return undefined;
  for (const program of programs) {
    const { token } = program;
    const detail = program.subcommand === undefined ? program.name : `${program.name} ${program.subcommand}`;
    if (options.deny.some((entry) => matches(entry, program, false))) {
      return { rule: 'shell.list.denied', span: token.span, detail };
    }
    if (
      options.mode === 'allowlist' &&
      !program.wrapper &&
      !options.allow.some((entry) => matches(entry, program, true))
    ) {
      return { rule: 'shell.list.not-allowed', span: token.span, detail };
    }
  }
  return undefined;
}
