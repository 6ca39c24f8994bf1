import { expect, test } from 'vitest';
import { engineProblem, testKind } from './test-kinds.mjs';

test.each([
  ['packages/a/src/a.test.ts', 'unit'],
  ['apps/a/src/a.test.tsx', 'unit'],
  ['packages/a/src/a.integration.test.ts', 'integration'],
  ['packages/a/src/a.engine.test.ts', 'engine'],
  ['tools/images/a.engine.test.ts', 'engine'],
  ['packages/a/src/engine.test.ts', 'unit'],
  ['e2e/src/a.test.ts', 'e2e'],
  ['e2e/src/first-run.test.ts', 'clone'],
])('%s is of the project %s', (path, kind) => {
  expect(testKind(path)).toBe(kind);
});

/** The call as a test has it; this file itself must not look as if it made one. */
const asking = (...needs: string[]): string =>
  ['const host = requires', `(${needs.map((need) => `'${need}'`).join(',\n  ')});`].join('');

test.each([
  ['a.integration.test.ts', asking('docker', 'root'), 'call it packages/a/src/a.engine.test.ts'],
  ['a.test.ts', asking('linux', 'compose'), 'call it packages/a/src/a.engine.test.ts'],
  ['a.engine.test.ts', asking('linux'), 'requires none'],
  ['a.engine.test.ts', asking('linux', 'docker'), undefined],
  ['a.test.ts', "expect(pool).toEqual({ kind: 'docker' })", undefined],
])('%s with %j: %s', (name, source, problem) => {
  const said = engineProblem(`packages/a/src/${name}`, source);
  if (problem === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(problem);
});
