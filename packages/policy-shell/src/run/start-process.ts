import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import type { Launch } from './confiner.js';

/** What a standard descriptor of a process is. */
export type Stdio = 'ignore' | 'pipe' | number;

const closeOnExec = 0o2000000;
const mostDescriptors = 1024;

/**
 * Starts a launch in a process group of its own; without `standard`, with closed standard input. Descriptors that this process inherited
 * and would pass on are replaced by /dev/null, so that a command never holds a door of its host.
 */
export function start(
  launch: Launch,
  env: Readonly<Record<string, string>>,
  standard: readonly [Stdio, Stdio, Stdio] = ['ignore', 'pipe', 'pipe'],
): ChildProcess {
  const first = 3 + launch.descriptors.length;
  const stdio: Stdio[] = [...standard, ...launch.descriptors.map(() => 'pipe' as const)];
  const leaking = inheritable().filter((descriptor) => descriptor >= first);
  const nothing = leaking.length > 0 ? openSync('/dev/null', 'r') : undefined;
  try {
    if (nothing !== undefined) {
      const top = Math.max(...leaking);
      for (let at = first; at <= top; at++) stdio[at] = leaking.includes(at) ? nothing : 'ignore';
    }
    return spawn(launch.file, launch.args, { cwd: launch.cwd, env: { ...env }, detached: true, stdio });
  } finally {
    if (nothing !== undefined) closeSync(nothing);
  }
}

function inheritable(): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fdinfo');
  } catch {
    return [];
  }
  return names.map(Number).filter((descriptor) => {
    if (descriptor < 3 || descriptor >= mostDescriptors) return false;
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(
        readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'),
      )?.[1];
      return flags !== undefined && (parseInt(flags, 8) & closeOnExec) === 0;
    } catch {
      // Closed meanwhile: it was the directory we read.
      return false;
    }
  });
}

/** Gathers what a launched program says about its own failure; gives a function that tells it once the child has ended. */
export function readFailure(child: ChildProcess, launch: Launch): () => string {
  let text = '';
  const stream = launch.failsOn === undefined ? undefined : child.stdio[launch.failsOn];
  if (stream && 'read' in stream) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (text = (text + chunk).slice(0, 1_000)));
  }
  return () => text.trim();
}

/** Writes text to an extra descriptor of a child and closes it; a child that has gone away is not an error here. */
export function writeDescriptor(stream: unknown, text: string): void {
  if (typeof stream !== 'object' || stream === null || !('end' in stream)) return;
  // A write, even of nothing, to a child that has gone would lose what it said.
  if (text === '') return;
  const writable = stream as NodeJS.WritableStream;
  writable.on('error', () => undefined);
  writable.end(text);
}
