import type { ConfinerProbe } from '@clawforce/policy-shell/run';
import { expect, test } from 'vitest';
import type { Settings } from '../settings/index.js';
import { banner, type BannerFacts } from './banner.js';

const works = { backend: 'bwrap', works: true, detail: '' } as unknown as ConfinerProbe;
const broken = { backend: 'bwrap', works: false, detail: 'not installed' } as unknown as ConfinerProbe;

function text(confiner: ConfinerProbe, unconfinedExec: boolean, more: Partial<BannerFacts> = {}): string {
  const settings = { storageRoot: '/data', mode: 'development', unconfinedExec, warnings: [] };
  const facts = {
    settings: settings as unknown as Settings,
    url: 'http://localhost:8080',
    setupLink: undefined,
    firstUser: 'admin',
    backend: {
      pool: { kind: 'process' },
      selection: { kind: 'process', source: 'environment' },
    } as BannerFacts['backend'],
    probe: { engine: 'node', available: true, levels: [], enforced: [], notEnforced: [] },
    confiners: [confiner],
    fileGuard: 'kernel' as const,
  };
  return banner({ ...facts, ...more }, false);
}

test('says that commands are confined where a confiner works', () => {
  expect(text(works, false)).toContain('✓ Commands of agents run confined (bwrap)');
  expect(text(works, false)).not.toContain('WITHOUT');
});

test('says what the confiner in use holds, and what it does not', () => {
  const landlock = { ...works, backend: 'landlock' } as ConfinerProbe;
  expect(text(works, false)).toContain('own namespaces, no network but the policy proxy');
  expect(text(landlock, false)).toContain('✓ Commands of agents run confined (landlock)');
  expect(text(landlock, false)).toMatch(/! Commands that may use the web can dial one port number/);
  expect(text(landlock, false)).toMatch(/! Names inside the workspace.*not masked/);
  expect(text(works, false)).not.toMatch(/port number|not masked/);
});

test('says that commands are refused, why, and how to get a confiner, where none works', () => {
  expect(text(broken, false)).toMatch(/! Commands of agents are refused: .*not installed.*apt-get install/);
});

test('says that commands run without confinement only where they do', () => {
  expect(text(broken, true)).toContain('! CLAWFORCE_UNCONFINED_EXEC=1: commands of agents run WITHOUT');
  const both = text(works, true);
  expect(both).toContain('✓ Commands of agents run confined');
  expect(both).toContain('! CLAWFORCE_UNCONFINED_EXEC=1: a worker whose confiner fails');
});

test('says that the file guard is weaker on macOS', () => {
  expect(text(works, false)).not.toContain('macOS');
  expect(text(works, false, { fileGuard: 'detect' })).toMatch(/! File tools detect an escape .*\(macOS\)/);
});

test('shows the one-time link while there is one', () => {
  expect(text(works, false)).not.toContain('one-time link');
  const shown = text(works, false, { setupLink: 'http://localhost:8080/claim#abc', firstUser: 'ada' });
  expect(shown).toMatch(/password of "ada".*one-time link.*\n.*\/claim#abc/);
});

test('says when ADMIN_SETUP_USERNAME comes too late, and only then', () => {
  const settings = (username: string): Settings =>
    ({ storageRoot: '/data', mode: 'development', setup: { username }, warnings: [] }) as unknown as Settings;
  expect(text(works, false, { settings: settings('ada') })).toContain(
    '! ADMIN_SETUP_USERNAME has no effect: the first user is "admin" already.',
  );
  expect(text(works, false, { settings: settings('admin') })).not.toContain('ADMIN_SETUP_USERNAME');
  expect(text(works, false)).not.toContain('ADMIN_SETUP_USERNAME');
});

test('says why docker is not used, and nothing of it where somebody chose processes', () => {
  const backend = {
    pool: { kind: 'process' },
    selection: { kind: 'process', source: 'chosen', reason: 'the engine does not answer.' },
  } as BannerFacts['backend'];
  expect(text(works, false, { backend })).toContain('! Docker is not used: the engine does not answer.');
  expect(text(works, false)).not.toContain('Docker is not used');
});

test('shows a custom worker image as such', () => {
  const docker = (custom: boolean): BannerFacts['backend'] => ({
    pool: { kind: 'docker' },
    selection: { kind: 'docker', source: 'environment' },
    image: { name: 'example/worker:1', custom },
  });
  expect(text(works, false, { backend: docker(true) })).toMatch(
    /! Worker image: example\/worker:1 \(a custom one/,
  );
  expect(text(works, false, { backend: docker(false) })).toContain('✓ Worker image: example/worker:1.');
});
