import { setTimeout as sleep } from 'node:timers/promises';
import type { VersionedPart } from '@clawforce/pool-core';
import type { Argv } from 'yargs';
import { notTried, type DrillReport } from '../../drills/drill-report.js';
import { EXIT_CODES } from '../exit-codes.js';
import { findAgent } from '../find-agent.js';
import { safeText } from '../safe-text.js';
import type { RunVerb } from './agent-commands.js';

const POLL_MS = 500;

/** `clawforce drill …` */
export function drillCommands(parent: Argv, run: RunVerb): Argv {
  return parent
    .command(
      'run',
      'Try attacks in a disposable worker and show what held them; exit 1 when anything did not',
      (y) =>
        y
          .option('agent', {
            type: 'string',
            requiresArg: true,
            describe: 'Try the isolation and the policy of this agent',
          })
          .option('level', {
            choices: ['permissive', 'sandboxed', 'privileged'] as const,
            requiresArg: true,
            describe: "Level of the worker (the agent's own, else permissive or a stricter maximum)",
          })
          .example('$0 drill run --level sandboxed', 'Prove the strictest level on this host'),
      ({ agent, level, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const body = {
            ...(agent === undefined ? {} : { agent_id: (await findAgent(client, agent)).id }),
            ...(level === undefined ? {} : { level }),
          };
          let report = (await client.call('POST', '/api/drills', body)) as DrillReport;
          while (report.state === 'running') {
            await sleep(POLL_MS);
            report = (await client.call('GET', `/api/drills/${report.id}`)) as DrillReport;
          }
          output.result(report);
          output.table(
            ['layer', 'case', 'what was tried', 'expected', 'found', 'verdict', 'detail'],
            report.rows.map((row) => [
              row.layer,
              row.id,
              row.action,
              row.expected,
              row.actual,
              row.verdict.toUpperCase(),
              safeText(row.detail).slice(0, 60),
            ]),
          );
          output.line(`${report.backend}: ${safeText(report.engine)}; server Node ${report.node}`);
          if (report.versions !== null) {
            for (const [part, { name, version }] of Object.entries(report.versions) as [
              string,
              VersionedPart,
            ][])
              output.line(`${part}: ${safeText(`${name} ${version}`)}`);
          }
          if (report.image !== null) output.line(`Image ${safeText(report.image)}`);
          output.line(`Level ${report.level}, attested: ${report.attested}`);
          if (report.reason !== undefined) output.problem(safeText(report.reason));
          const untried = notTried(report.rows).map(({ id }) => id);
          if (untried.length > 0)
            output.line(output.color('yellow', `Could not be tried here: ${untried.join(', ')}.`));
          const passed = report.verdict === 'pass';
          output.line(
            output.color(
              passed ? 'green' : 'red',
              `${passed ? 'PASS' : 'FAIL'}: ${report.passed} as expected, ${report.failed} not, ${report.informed} for information.`,
            ),
          );
          return passed ? EXIT_CODES.ok : EXIT_CODES.failed;
        }),
    )
    .demandCommand(1, 'Name a verb: run.');
}
