import type { CommandPlan, PlannedCommand } from '@clawforce/policy-shell';
import type { Confiner, NetworkMode } from '@clawforce/policy-shell/run';
import type { WorkerConfig } from '@clawforce/protocol';

/** Programs that connect to nothing and start nothing: they are spared the shim, which costs a process per command. */
const OFFLINE_PROGRAMS: ReadonlySet<string> = new Set(
  (
    'basename cat chmod cmp comm cp cut date df diff dirname du echo expand false file fold grep head join ln ls ' +
    'md5sum mkdir mktemp mv nl od paste printf pwd readlink realpath rm rmdir seq sha256sum shuf sleep sort split ' +
    'stat tac tail tee touch tr tree true truncate tsort uniq wc which'
  ).split(' '),
);

/** Gives the network of a command: the egress proxy where the agent has any web, nothing otherwise. */
export function networkOf(
  plan: CommandPlan,
  confiner: Confiner,
  config: WorkerConfig,
  egressSocket: string | undefined,
): NetworkMode {
  // A backend that confines nothing cannot take the network away; asking for it would refuse the run.
  if (!confiner.confined) return 'host';
  if (egressSocket === undefined || !config.web.commands) return 'none';
  return commandsOf(plan).every(isOffline) ? 'none' : { proxySocket: egressSocket };
}

/** The members of a plan describe its first command only where it is a line of several. */
function commandsOf(plan: CommandPlan): readonly PlannedCommand[] {
  return plan.pipelines?.flatMap(({ commands }) => commands) ?? [plan];
}

function isOffline({ builtin, program }: PlannedCommand): boolean {
  return builtin !== undefined || OFFLINE_PROGRAMS.has(program);
}
