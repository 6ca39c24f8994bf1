import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitFor, type Installation } from './product.js';

const main = fileURLToPath(new URL('../../../apps/control-plane/dist/main.js', import.meta.url));

/** A verb of the command line that goes on until it is stopped. */
export interface Following {
  /** What it has printed so far. */
  output(): string;
  /** Waits until that fits. */
  shows(text: RegExp): Promise<void>;
  /** Each line so far as JSON. */
  lines(): any[];
  /** Ends it as Ctrl-C does and gives the exit code. */
  interrupt(): Promise<number | null>;
  /** The exit code of one that ends by itself. */
  readonly ended: Promise<number | null>;
}

/** Starts `clawforce` with these words. */
export function followClawforce(installation: Installation, args: readonly string[]): Following {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: installation.dataDir,
    env: installation.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => output,
    async shows(text) {
      await waitFor(
        () => {
          if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output}`);
          return text.test(output);
        },
        { what: () => `${String(text)} in what ${args.join(' ')} prints:\n${output}` },
      );
    },
    lines: () =>
      output
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    interrupt() {
      child.kill('SIGINT');
      return ended;
    },
    ended,
  };
}
