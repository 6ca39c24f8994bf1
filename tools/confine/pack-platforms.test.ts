import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../host/host-test.js';
import { root } from '../setup/local-bin.mjs';
import { isStaticElf } from './compile.mjs';
import { makePlatformPackage } from './pack-platforms.mjs';

const elfMachines = { x64: 62, arm64: 183 } as const;

requires('cc', 'cross-arm64', 'linux').describe('the packages with the Landlock helper', () => {
  let base: string;
  beforeAll(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'confine-packages-')));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  const { test } = requires();
  test('are packed with a static program for their architecture, its sources and the licence', () => {
    for (const arch of process.arch === 'x64' ? (['x64', 'arm64'] as const) : (['arm64'] as const)) {
      const directory = makePlatformPackage(arch, base);
      if (directory === undefined) throw new Error(`no compiler for ${arch}`);
      const program = join(directory, 'clawforce-confine');
      expect([isStaticElf(program), readFileSync(program).readUInt16LE(18)]).toEqual([
        true,
        elfMachines[arch],
      ]);
      expect(statSync(program).mode & 0o777).toBe(0o755);
      const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: directory,
        encoding: 'utf8',
      });
      const [answer] = Object.values(
        JSON.parse(packed) as Record<string, { name: string; files: { path: string }[] }>,
      );
      const paths = answer?.files.map(({ path }) => path) ?? [];
      expect(answer?.name).toBe(`@clawforce/confine-linux-${arch}`);
      expect(paths).toEqual(
        expect.arrayContaining([
          'clawforce-confine',
          'clawforce-drill-probe',
          'LICENSE',
          'README.md',
          'package.json',
          'native/filter.c',
          'native/drill-probe.c',
        ]),
      );
      const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as unknown;
      expect(manifest).toMatchObject({ os: ['linux'], cpu: [arch] });
    }
  }, 60_000);

  // Installed side by side, as a reader installs them: the library finds the program by itself.
  requires('landlock').test(
    'are found by the library that is installed next to them',
    () => {
      const arch = process.arch;
      const scope = join(base, 'app/node_modules/@clawforce');
      mkdirSync(scope, { recursive: true });
      for (const name of ['policy-shell', 'policy-core']) {
        for (const part of ['dist', 'package.json']) {
          cpSync(join(root, 'packages', name, part), join(scope, name, part), {
            recursive: true,
            filter: (path) => !path.includes('/dist/native'),
          });
        }
      }
      const probe = (): string =>
        execFileSync(
          process.execPath,
          [
            '--input-type=module',
            '-e',
            `import { probeConfiners } from '@clawforce/policy-shell/run';
        console.log((await probeConfiners()).find(({ backend }) => backend === 'landlock').detail)`,
          ],
          { cwd: join(base, 'app'), encoding: 'utf8' },
        );
      expect(probe()).toContain(`npm install @clawforce/confine-linux-${arch}`);
      const directory = makePlatformPackage(arch, base) ?? '';
      cpSync(directory, join(scope, `confine-linux-${arch}`), { recursive: true });
      expect(probe()).toContain(join(scope, `confine-linux-${arch}`, 'clawforce-confine'));
    },
    60_000,
  );
});
