import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { AgentFS } from './index.js';

/** Kills by default; `CLAWFORCE_CRASH_SCALE=10` is the release size of 500. */
const SCALE = Number(process.env['CLAWFORCE_CRASH_SCALE'] ?? '1');
const ROUNDS = 50 * SCALE;
const writer = fileURLToPath(new URL('testing/crash-writer.ts', import.meta.url));

let root = '';
const { describe, test } = requires('linux');

async function killDuringWrites(delayMs: number): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=@clawforce/source', '--import', 'tsx', writer, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

describe('a process that is killed while it writes', () => {
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'cf-crash-'));
    mkdirSync(join(root, 'workspace'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test(
    `leaves old or new content ${ROUNDS} times, and no temporary file after the next opening`,
    async () => {
      const state = join(root, 'workspace/deep/er/state.txt');
      let seen = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        await killDuringWrites((round * 7) % 40);
        if (existsSync(state)) {
          const text = readFileSync(state, 'utf8');
          // One letter all through, and one of the lengths that are written.
          expect(text).toMatch(/^([A-Za-z])\1*$/);
          expect((text.length - 20_000) % 10_000).toBe(0);
          seen += 1;
        }
        const log = join(root, 'workspace/deep/log.jsonl');
        if (existsSync(log)) {
          for (const line of readFileSync(log, 'utf8').split('\n').slice(0, -1)) {
            // A line torn by an earlier kill is followed by a whole one on the same line.
            expect(line.endsWith('}')).toBe(true);
          }
        }
        const fs = await AgentFS.open(root);
        await fs.writeFile('deep/er/probe.txt', String(round));
        expect((await fs.listDir('deep/er')).map(({ name }) => name)).toEqual(
          existsSync(state) ? ['probe.txt', 'state.txt'] : ['probe.txt'],
        );
        await fs.close();
        const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
        expect(names.filter((name) => name.includes('.clawforce-tmp-'))).toEqual([]);
      }
      expect(seen).toBeGreaterThan(ROUNDS / 2);
    },
    180_000 * SCALE,
  );
});
