import { expectations, node, shell } from './drill-case.js';
import type { DrillCase, DrillFacts, DrillNeed, ExpectationCode } from './drill-case.js';

interface Row {
  readonly id: string;
  readonly action: string;
  readonly code: ExpectationCode;
  /** Default `true`. */
  readonly control?: boolean;
  readonly needs?: readonly DrillNeed[];
  readonly tightenedBy?: DrillCase['tightenedBy'];
}

type Script = string | ((facts: DrillFacts) => string);

const textOf = (script: Script, facts: DrillFacts): string =>
  typeof script === 'string' ? script : script(facts);

/** Makes the cases of one group. */
export function caseTable(group: DrillCase['group']) {
  const make = (
    { id, action, code, control = true, needs, tightenedBy }: Row,
    command: DrillCase['command'],
  ): DrillCase => ({
    id,
    action,
    group,
    expect: expectations(code),
    control,
    command,
    ...(needs ? { needs } : {}),
    ...(tightenedBy ? { tightenedBy } : {}),
  });
  return {
    /** Tried by a shell script. */
    sh: (row: Row, script: Script): DrillCase => make(row, (facts) => shell(textOf(script, facts))),
    /** Tried by a program for Node. */
    js: (row: Row, program: Script): DrillCase => make(row, (facts) => node(textOf(program, facts))),
    /** Tried by the probe for raw system calls. */
    probe: (row: Row, ...words: readonly string[]): DrillCase => make(row, ({ probe }) => [probe, ...words]),
  };
}
