import { setTimeout as sleep } from 'node:timers/promises';
import type { Argv } from 'yargs';
import { interrupted } from '../interrupted.js';
import { numberOption } from '../number-option.js';
import { requireServer } from '../require-server.js';
import { safeLine } from '../safe-text.js';
import type { PageShape } from '../shapes.js';
import type { RunVerb } from './agent-commands.js';

interface AuditShape {
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly agent_id: string | null;
  readonly actor_id: string | null;
  readonly effect: string | null;
  readonly rule: string | null;
  readonly event: Readonly<Record<string, unknown>>;
}

/** `clawforce audit …` */
export function auditCommands(parent: Argv, run: RunVerb): Argv {
  return parent
    .command(
      'tail',
      'Show the latest audit rows',
      (y) =>
        y
          .option(
            'lines',
            numberOption('lines', {
              alias: 'n',
              min: 1,
              max: 200,
              default: 20,
              describe: 'How many of the latest rows',
            }),
          )
          .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Keep watching' })
          .option('effect', {
            choices: ['allow', 'deny', 'ask'] as const,
            requiresArg: true,
            describe: 'Only rows with this verdict',
          })
          .option('kind', {
            type: 'string',
            requiresArg: true,
            describe: 'Only rows of this kind, for example policy_decision or auth_event',
          }),
      ({ lines, follow, effect, kind, ...argv }) =>
        run(argv, async ({ client, output }) => {
          if (follow) requireServer(client, 'There is nothing to follow while the server does not run.');
          const filter = `${effect ? `&effect=${effect}` : ''}${kind ? `&kind=${encodeURIComponent(kind)}` : ''}`;
          const { items } = (await client.call(
            'GET',
            `/api/audit?limit=${lines}${filter}`,
          )) as PageShape<AuditShape>;
          const rows = [...items].reverse();
          const show = (row: AuditShape): void => {
            if (follow) output.each(row);
            output.line(auditLine(row));
          };
          if (!follow) output.result(rows);
          if (rows.length === 0) output.line('The audit log has no such rows yet.');
          rows.forEach(show);
          if (!follow) return undefined;
          const stop = interrupted();
          let last = rows.at(-1)?.seq ?? 0;
          while (!stop.aborted) {
            const page = (await client.call(
              'GET',
              `/api/audit?after=${last}&limit=200`,
            )) as PageShape<AuditShape>;
            for (const row of page.items) {
              last = row.seq;
              if ((!effect || row.effect === effect) && (!kind || row.kind === kind)) show(row);
            }
            if (page.items.length < 200)
              await sleep(1000, undefined, { signal: stop }).catch(() => undefined);
          }
          return undefined;
        }),
    )
    .demandCommand(1, 'Name a verb: tail.');
}

function auditLine(row: AuditShape): string {
  const { event } = row;
  const what =
    row.rule ?? [event['event'], event['success'] === false ? 'failed' : ''].filter(Boolean).join(' ');
  const why = event['reason'] ?? event['detail'] ?? '';
  return [
    String(row.seq).padStart(6),
    row.time.slice(0, 19).replace('T', ' '),
    row.kind.padEnd(16),
    (row.effect ?? '').padEnd(5),
    safeLine(what, 60),
    safeLine(typeof why === 'string' ? why : JSON.stringify(why), 120),
  ].join('  ');
}
