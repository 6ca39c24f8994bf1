import type { CommandPlan } from '../command-plan.js';

/** A plan that no policy has judged, to test the confiner alone. */
export function rawPlan(workspace: string, argv: readonly string[]): CommandPlan {
  const [program = '', ...rest] = argv;
  return {
    argv: [program, ...rest],
    program,
    cwd: workspace,
    workspace,
    env: {},
    protectedPaths: ['.config', '.sessions', '.logs', '.state', 'agent.json', '.git/hooks'].map(
      (name) => `${workspace}/${name}`,
    ),
  };
}
