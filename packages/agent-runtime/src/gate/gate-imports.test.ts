import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Gives every package that a module loads at run time, through the modules of this package that it imports. */
function packagesLoadedBy(url: URL, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(url.href)) return packages;
  seen.add(url.href);
  for (const [, clause = '', from = ''] of readFileSync(url, 'utf8').matchAll(
    /^(?:import|export)\s+([^;]*?)\s*from\s+'([^']+)';/gm,
  )) {
    if (clause.startsWith('type ')) continue;
    if (!from.startsWith('.')) packages.add(from);
    else
      for (const name of packagesLoadedBy(new URL(from.replace(/\.js$/, '.ts'), url), seen))
        packages.add(name);
  }
  return packages;
}

it('the gate loads policies and a validator: no DOM, no process runner, no link', () => {
  expect([...packagesLoadedBy(new URL('../gate.ts', import.meta.url))].sort()).toEqual([
    '@clawforce/policy-core',
    '@clawforce/policy-net/policy',
    '@clawforce/policy-shell',
    'ajv',
    'node:crypto',
  ]);
});

it('the whole package loads more, so that the test above can fail', () => {
  expect(packagesLoadedBy(new URL('../index.ts', import.meta.url))).toContain('@clawforce/policy-shell/run');
});
