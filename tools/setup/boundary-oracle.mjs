import { join } from 'node:path';
import { root } from './local-bin.mjs';

/**
 * Says whether the boundary rule is awake: it reads a graph that Nx caches, and without one it lets everything pass with a
 * warning. A core package that imports a library must be refused.
 */
export async function boundaryRuleIsAwake() {
  // Loaded late: on a fresh clone this file is read before anything is installed.
  const { ESLint } = await import('eslint');
  const eslint = new ESLint({ cwd: root });
  const [result] = await eslint.lintText("import '@clawforce/policy-fs';\n", {
    filePath: join(root, 'packages/policy-core/src/index.ts'),
  });
  return (result?.messages ?? []).some(({ ruleId }) => ruleId === '@nx/enforce-module-boundaries');
}
