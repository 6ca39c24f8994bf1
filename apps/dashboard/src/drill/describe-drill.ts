import type { Drill, DrillRow } from '../api/api-types.js';
import type { Tone } from '../components/badge.js';

/** What a drill came to, in words. */
export interface DrillVerdict {
  readonly tone: Tone;
  readonly word: string;
  /** The verdict in a sentence, and what it follows from. */
  readonly title: string;
  readonly details: readonly string[];
}

/** Who tries, in words. */
export const LAYERS: Readonly<Record<DrillRow['layer'], string>> = {
  policy: 'Policy',
  command: 'Command',
  container: 'Container',
};

/** Gives the word for what a drill came to, as lists show it. */
export function wordOf({
  state,
  verdict,
}: Pick<Drill, 'state' | 'verdict'>): Pick<DrillVerdict, 'tone' | 'word'> {
  if (state === 'running') return { tone: 'busy', word: 'Running' };
  return verdict === 'pass' ? { tone: 'good', word: 'Passed' } : { tone: 'bad', word: 'Failed' };
}

/** Says what a drill came to. Anything but a stored `pass` reads as a failure or as unfinished. */
export function describeDrill(drill: Drill): DrillVerdict {
  const { state, verdict, rows, planned, failed, informed, reason } = drill;
  const word = wordOf(drill);
  if (state === 'running') {
    const title = rows.length > 0 ? `${rows.length} of ${planned} attempts made so far.` : beginning(drill);
    return { ...word, title, details: failed > 0 ? [`${failed} did not come out as expected.`] : [] };
  }
  const untried = rows.filter(
    ({ expected, actual, verdict: found }) => expected !== 'any' && actual === 'not-run' && found === 'info',
  );
  const told = informed - untried.length;
  const forInformation = [
    ...(untried.length > 0 ? [`Could not be tried here: ${untried.map(({ id }) => id).join(', ')}.`] : []),
    ...(told > 0 ? [`${told} more are for information: nothing was expected of them.`] : []),
  ];
  if (verdict === 'pass') {
    const held = count(rows, ({ expected, verdict: found }) => expected === 'blocked' && found === 'pass');
    const worked = count(rows, (row) => isPositiveControl(row) && row.verdict === 'pass');
    return {
      ...word,
      title: 'Everything came out as expected.',
      details: [
        `${held} attacks were blocked, and ${worked} positive controls worked, so that the worker was alive.`,
        ...forInformation,
      ],
    };
  }
  const judged = rows.length - informed;
  return {
    ...word,
    title:
      reason === undefined
        ? `${failed} of ${judged} attempts did not come out as expected.`
        : 'The drill could not be carried out to its end, which counts as a failure.',
    details: [
      ...(reason === undefined ? [] : [reason]),
      ...byLayer(rows),
      ...(drill.backend === 'process' && rows.length > 0
        ? [
            'This server runs workers as plain processes: what only a container can hold was not run, and all of it counts as failed.',
          ]
        : []),
      ...forInformation,
    ],
  };
}

/** Whether an attempt is there to work: where it does not, a worker that does nothing would look safe. */
export function isPositiveControl({ expected }: Pick<DrillRow, 'expected'>): boolean {
  return expected === 'allowed';
}

/** Whether being blocked says less: the action was never seen to succeed anywhere. */
export function isWeakEvidence({ expected, control }: Pick<DrillRow, 'expected' | 'control'>): boolean {
  return expected === 'blocked' && !control;
}

function beginning({ worker_agent_id: worker }: Drill): string {
  return worker === null
    ? 'The disposable agent is being made.'
    : 'Its worker is being started, and gets no work before it was looked at.';
}

function byLayer(rows: readonly DrillRow[]): string[] {
  return (['policy', 'command', 'container'] as const).flatMap((layer) => {
    const judged = rows.filter((row) => row.layer === layer && row.verdict !== 'info');
    const failed = count(judged, ({ verdict }) => verdict === 'fail');
    return failed > 0 ? [`${LAYERS[layer]}: ${failed} of ${judged.length} failed.`] : [];
  });
}

function count(rows: readonly DrillRow[], is: (row: DrillRow) => boolean): number {
  return rows.filter(is).length;
}
