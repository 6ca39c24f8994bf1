import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { AgentFS } from './index.js';
import { compileAttacker, scriptAttacker, type Attacker } from './testing/race/attacker.js';
import { runRace, type OpenVictim } from './testing/race/run-race.js';
import { SCENARIOS } from './testing/race/scenarios.js';
import { agentVictim, oracleVictim } from './testing/race/victim.js';

/** 100,000 attempts by default; `CLAWFORCE_RACE_SCALE=10` is the release size of a million. */
const SCALE = Number(process.env['CLAWFORCE_RACE_SCALE'] ?? '1');
const ATTEMPTS = 100_000 * SCALE;
const TIMEOUT = 120_000 * Math.max(1, SCALE);
const TOTAL_WEIGHT = SCENARIOS.reduce((sum, { weight }) => sum + weight, 0);

const openAgent: OpenVictim = async (root) => {
  const fs = await AgentFS.open(root, { durable: false });
  return { victim: agentVictim(fs), close: () => fs.close() };
};

const openOracle: OpenVictim = (root) =>
  Promise.resolve({ victim: oracleVictim(root), close: () => Promise.resolve() });

let directory = '';
let attacker: Attacker;

const { describe, test } = requires('linux', 'cc');

describe('an attacker who swaps names while a call runs', () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cf-attacker-'));
    attacker = compileAttacker(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  let total = 0;
  for (const scenario of SCENARIOS) {
    const attempts = Math.ceil((ATTEMPTS * scenario.weight) / TOTAL_WEIGHT);
    test(
      `${scenario.name}: never gets ${scenario.wants}`,
      async () => {
        const result = await runRace(scenario, { attempts, attacker, open: openAgent });
        total += result.attempts;
        expect(result.escapes).toBe(0);
        expect(result.strays).toEqual([]);
        expect(result.swaps).toBeGreaterThan(attempts / 10);
        expect(result.succeeded).toBeGreaterThan(0);
      },
      TIMEOUT,
    );
  }

  test('the races above were of the promised size', () => {
    expect(total).toBeGreaterThanOrEqual(ATTEMPTS);
  });

  for (const scenario of SCENARIOS.filter(({ weight }) => weight >= 10 || weight === 1)) {
    test(
      `control: the realpath way is caught escaping at "${scenario.name}"`,
      async () => {
        const result = await runRace(scenario, { attempts: 60_000, attacker, open: openOracle, enough: 1 });
        expect(result.escapes).toBeGreaterThan(0);
      },
      TIMEOUT,
    );
  }

  const [first] = SCENARIOS;
  if (first) {
    test(
      'an attacker with nothing but Node gets nothing either',
      async () => {
        const result = await runRace(first, {
          attempts: 10_000 * SCALE,
          attacker: scriptAttacker,
          open: openAgent,
        });
        expect(result.escapes).toBe(0);
        expect(result.swaps).toBeGreaterThan(0);
      },
      TIMEOUT,
    );
  }
});
