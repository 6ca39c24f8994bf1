import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { PolicyDeniedError } from '@clawforce/policy-core';
import { describe, expect, it } from 'vitest';
import { root } from '../setup/local-bin.mjs';

const library = join(root, 'packages/policy-shell');
const dist = join(library, 'dist');
const scripts = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.js'),
);
const readJson = (path: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>;

// Opening files is what an import costs, so their number is the part of it that a test can hold on any machine.
describe('the bundle of policy-shell', () => {
  it('is five files at most, entries included', () => {
    expect(scripts).toEqual(expect.arrayContaining(['cli.js', 'index.js', 'run.js']));
    expect(scripts.length).toBeLessThanOrEqual(5);
  });

  it('imports nothing but its own files and modules of Node', () => {
    const imported = scripts.flatMap((name) =>
      Array.from(
        readFileSync(join(dist, name), 'utf8').matchAll(/^(?:import|export)\b[^"\n]*"([^"\n]+)";$/gm),
        ([, module = '']) => module,
      ),
    );
    const own = scripts.map((name) => `./${name}`);
    const strange = imported.filter(
      (module) => !own.includes(module) && !builtinModules.includes(module.replace(/^node:/, '')),
    );
    expect(imported.length).toBeGreaterThan(4);
    expect(strange).toEqual([]);
  });

  it('holds the pinned parser and names its licence', () => {
    const pinned = readJson(join(library, 'package.json'))['devDependencies']?.['unbash'] ?? '';
    expect(pinned).toMatch(/^\d+\.\d+\.\d+$/);
    const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(notices).toContain(`unbash ${pinned}.`);
    expect(notices).toContain('ISC License');
  });

  it('throws errors that the policy-core of its user recognises', async () => {
    const { createConfiner, runCommand } = (await import(join(dist, 'run.js'))) as {
      createConfiner: (options: object) => Promise<object>;
      runCommand: (plan: object, options: object) => Promise<unknown>;
    };
    const confiner = await createConfiner({ backend: 'none' });
    const run = runCommand(
      { argv: ['true'], program: 'true', cwd: root, env: {}, protectedPaths: [] },
      { confiner, signal: AbortSignal.abort() },
    );
    await expect(run).rejects.toBeInstanceOf(PolicyDeniedError);
  });

  it('answers from the command line', () => {
    const args = [join(dist, 'cli.js'), 'check', 'ls src', '--workspace', library, '--json'];
    const answer = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as object;
    expect(answer).toMatchObject({ effect: 'allow', plan: { argv: ['ls', 'src'] } });
  });
});
