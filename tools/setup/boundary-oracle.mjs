import { join } from 'node:path';
import { root } from './local-bin.mjs';

const BOUNDARIES = '@nx/enforce-module-boundaries';

/** Imports that ARCHITECTURE section 2 forbids, and the rule that refuses each. */
export const FORBIDDEN_IMPORTS = [
  ['packages/policy-core/src/index.ts', '@clawforce/policy-fs', BOUNDARIES],
  ['packages/policy-fs/src/index.ts', '@clawforce/policy-net', BOUNDARIES],
  ['packages/policy-fs/src/index.ts', '@clawforce/protocol', BOUNDARIES],
  ['packages/agent-runtime/src/index.ts', '../../../apps/worker/src/run-worker.js', BOUNDARIES],
  ['apps/worker/src/main.ts', '@clawforce/auth-rbac', BOUNDARIES],
  ['apps/worker/src/main.ts', '@clawforce/pool-core', BOUNDARIES],
  ['apps/worker/src/main.ts', '@clawforce/pool-process', BOUNDARIES],
  ['apps/worker/src/main.ts', '@clawforce/pool-docker', BOUNDARIES],
  ['apps/worker/src/main.ts', '../../control-plane/src/version.js', BOUNDARIES],
  ['apps/control-plane/src/main.ts', '../../dashboard/src/main.js', BOUNDARIES],
  ['apps/control-plane/src/main.ts', '../../worker/src/run-worker.js', BOUNDARIES],
  ['apps/control-plane/src/main.ts', '@clawforce/agent-runtime', 'no-restricted-syntax'],
  ['apps/dashboard/src/main.tsx', '@clawforce/policy-core', BOUNDARIES],
  ['apps/dashboard/src/main.tsx', '@clawforce/protocol', BOUNDARIES],
  ['apps/dashboard/src/main.tsx', '../../control-plane/src/version.js', BOUNDARIES],
];

/** Imports that must pass the same rules: a rule that refuses everything would prove nothing. */
export const ALLOWED_IMPORTS = [
  ['packages/policy-fs/src/index.ts', '@clawforce/policy-core'],
  ['apps/worker/src/main.ts', '@clawforce/agent-runtime'],
  ['apps/control-plane/src/main.ts', '@clawforce/auth-rbac'],
  ['apps/control-plane/src/main.ts', '@clawforce/agent-runtime/gate'],
];

/**
 * Gives a sentence for each forbidden import that lint lets pass, and each allowed one that it refuses. The boundary rule
 * reads a graph that Nx caches, and without one it lets everything pass with a warning.
 */
export async function boundaryGaps() {
  // Loaded late: on a fresh clone this file is read before anything is installed.
  const { ESLint } = await import('eslint');
  const watched = new Set([BOUNDARIES, 'no-restricted-syntax']);
  const eslint = new ESLint({
    cwd: root,
    ruleFilter: ({ ruleId }) => watched.has(ruleId),
    // These rules need no types, which take most of the time.
    overrideConfig: {
      files: ['**/*.{ts,tsx}'],
      languageOptions: { parserOptions: { projectService: false } },
    },
  });
  const refusedBy = async (file, name) => {
    const [result] = await eslint.lintText(`import '${name}';\n`, { filePath: join(root, file) });
    return (result?.messages ?? []).map(({ ruleId }) => ruleId).filter((rule) => watched.has(rule));
  };
  const gaps = [];
  for (const [file, name, rule] of FORBIDDEN_IMPORTS) {
    if (!(await refusedBy(file, name)).includes(rule)) gaps.push(`${file} may import ${name}`);
  }
  for (const [file, name] of ALLOWED_IMPORTS) {
    const rules = await refusedBy(file, name);
    if (rules.length > 0) gaps.push(`${file} may not import ${name} (${rules.join(', ')})`);
  }
  return gaps;
}
