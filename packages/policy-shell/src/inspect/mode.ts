import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { recordPossiblePaths } from './possible-paths.js';

const setIds = 0o7000;
const everyoneWrites = 0o002;

/** Judges a mode of `chmod`, `mkdir -m` and `install -m`: by its bits where it is a number, else clause by clause. */
export function inspectMode(token: Token, into: Inspection): void {
  const { value } = token;
  const number = /^([-+=]?)([0-7]+)$/.exec(value);
  if (number) {
    const bits = parseInt(number[2] ?? '', 8);
    if (number[1] === '-') return;
    if ((bits & setIds) !== 0) into.object('shell.program.privileged', token, `chmod ${value}`);
    else if ((bits & everyoneWrites) !== 0 || (bits === 0 && number[1] !== '+'))
      into.object('shell.destructive.mode', token, `chmod ${value}`);
  } else if (/^[-+=ugoarwxXst,]+$/.test(value)) {
    if (/[st]/.test(value)) into.object('shell.program.privileged', token, `chmod ${value}`);
    else if (value.split(',').some(opensToEveryone))
      into.object('shell.destructive.mode', token, `chmod ${value}`);
  } else {
    recordPossiblePaths(token, 'write', into);
  }
}

/** Whether a clause such as `o+w` lets everyone write; `o=u` gives everyone what the owner may do. */
export function opensToEveryone(clause: string): boolean {
  const who = /^[ugoa]*/.exec(clause)?.[0] ?? '';
  return /[oa]/.test(who) && /[+=](?:[rxXst]*w|[ug])/.test(clause.slice(who.length));
}
