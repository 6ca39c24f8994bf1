import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Two paths that are exchanged again and again; with `+` before the first, the second becomes another name of it and goes. */
export type Pair = readonly [string, string];

/** A process that swaps names while a victim works. */
export interface Attack {
  /** Ends it and gives how many exchanges it made. */
  stop(): Promise<number>;
}

/** Starts attacks on pairs of paths. */
export type Attacker = (pairs: readonly Pair[]) => Promise<Attack>;

/** Gives the attacker of `swap.c`, compiled into `directory`: one `renameat2(RENAME_EXCHANGE)` per swap. */
export function compileAttacker(directory: string): Attacker {
  const binary = join(directory, 'swap');
  execFileSync('cc', ['-O2', '-o', binary, fileURLToPath(new URL('swap.c', import.meta.url))]);
  return (pairs) => start(binary, pairs.flat());
}

const SCRIPT = `
const { renameSync } = require('node:fs');
const names = process.argv.slice(1);
process.stdout.write('ready\\n');
let done = 0, going = true;
process.stdin.on('data', () => {}).on('end', () => { going = false; });
(function round() {
  if (!going) { console.log(done); return; }
  for (let n = 0; n < 64; n += 1) {
    for (let i = 0; i + 1 < names.length; i += 2) {
      // Three renames in place of one exchange: for a moment there is nothing, then something else.
      try { renameSync(names[i], names[i] + '.away'); renameSync(names[i + 1], names[i]); renameSync(names[i] + '.away', names[i + 1]); done += 1; } catch {}
    }
  }
  setImmediate(round);
})();
`;

/** An attacker that has no better tool than Node: three renames instead of one exchange. */
export const scriptAttacker: Attacker = (pairs) => start(process.execPath, ['-e', SCRIPT, ...pairs.flat()]);

async function start(command: string, args: readonly string[]): Promise<Attack> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const output = collect(child);
  await output.ready;
  return {
    async stop() {
      child.stdin.end();
      await once(child, 'close');
      return Number(output.text().split('\n')[1] ?? Number.NaN);
    },
  };
}

function collect(child: ChildProcessByStdio<Writable, Readable, null>): {
  ready: Promise<void>;
  text: () => string;
} {
  let text = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('ready\n')) resolve();
    });
  });
  return { ready, text: () => text };
}
