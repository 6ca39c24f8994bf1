import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attacker } from './attacker.js';
import type { Scenario } from './scenarios.js';
import type { Victim } from './victim.js';

/** What one race gave. */
export interface RaceResult {
  readonly attempts: number;
  /** Calls that did their work inside; a race in which none succeeds proves nothing. */
  readonly succeeded: number;
  readonly escapes: number;
  readonly swaps: number;
  /** Files of unfinished writes that were left behind. */
  readonly strays: readonly string[];
}

/** A victim for an agent root, and how it is closed. */
export type OpenVictim = (root: string) => Promise<{ victim: Victim; close(): Promise<void> }>;

const SETTLED = 10;
// In memory, where the machine has that: more swaps for the same time.
const GROUND = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Runs one scenario for a number of attempts, or until `enough` escapes were seen, with the attacker at work. */
export async function runRace(
  scenario: Scenario,
  options: { attempts: number; attacker: Attacker; open: OpenVictim; enough?: number },
): Promise<RaceResult> {
  const top = realpathSync(mkdtempSync(join(GROUND, 'cf-race-')));
  const ground = { inside: join(top, 'agent/workspace'), outside: join(top, 'outside') };
  mkdirSync(ground.inside, { recursive: true });
  mkdirSync(ground.outside);
  try {
    const pairs = scenario.prepare(ground);
    const { victim, close } = await options.open(join(top, 'agent'));
    const attack = await options.attacker(pairs);
    let attempts = 0;
    let succeeded = 0;
    let escapes = 0;
    let swaps: number;
    try {
      while (attempts < options.attempts && escapes < (options.enough ?? Number.POSITIVE_INFINITY)) {
        attempts += 1;
        let escaped = false;
        try {
          escaped = await scenario.attempt(victim, ground, attempts);
          succeeded += 1;
        } catch {
          // A refusal is a right answer to an attack.
        }
        if (scenario.damaged?.(ground) === true) escaped = true;
        if (escaped) escapes += 1;
        // Lets timers and the attacker's pipe be served.
        if (attempts % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, SETTLED));
      }
    } finally {
      swaps = await attack.stop();
      await close();
    }
    if (scenario.leaked?.(ground) === true) escapes += 1;
    const strays = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('.clawforce-tmp-'),
    );
    return { attempts, succeeded, escapes, swaps, strays };
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}
