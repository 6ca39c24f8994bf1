import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type BwrapFeatures, createBwrapConfiner } from './bwrap-confiner.js';
import { probeLandlock } from './landlock-probe.js';
import { privateDirectory } from './private-directory.js';
import { sentenceOf } from './run-error.js';
import { start, writeDescriptor } from './start-process.js';

/** What the host can give for one backend. */
export interface ConfinerProbe {
  readonly backend: 'bwrap' | 'landlock';
  /** Whether a confined command ran, was kept from writing outside, and saw no network and no foreign process. */
  readonly works: boolean;
  /** What was found, or what is missing and how to get it. */
  readonly detail: string;
}

/** A probe together with what the confiner needs to know. */
export interface BwrapProbe extends ConfinerProbe {
  readonly backend: 'bwrap';
  readonly features?: BwrapFeatures;
}

// /usr/bin first: AppArmor profiles are bound to that path.
const programs = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'];
const limiters = ['/usr/bin/prlimit', '/bin/prlimit'];

/** Gives what each backend can do on this host, found by running it. */
export async function probeConfiners(): Promise<readonly ConfinerProbe[]> {
  return [await probeBwrap(), probeLandlock()].map(({ backend, works, detail }) => ({
    backend,
    works,
    detail,
  }));
}

/** Probes bubblewrap by running a command in it. */
export async function probeBwrap(): Promise<BwrapProbe> {
  const no = (detail: string): BwrapProbe => ({ backend: 'bwrap', works: false, detail });
  if (process.platform !== 'linux') return no('bubblewrap exists for Linux only');
  const bwrap = programs.find((path) => existsSync(path));
  if (bwrap === undefined) return no('bubblewrap is not installed: apt-get install bubblewrap');
  const { stdout: help, error } = spawnSync(bwrap, ['--help'], {
    encoding: 'utf8',
    timeout: 10_000,
    env: {},
  });
  if (error) return no(`bubblewrap is installed but cannot be run: ${error.message}`);
  const offers = (option: string): boolean => help.includes(option);
  const prlimit = limiters.find((path) => existsSync(path));
  let detail = '';
  for (const disableUserns of offers('--disable-userns') ? [true, false] : [false]) {
    const features: BwrapFeatures = {
      bwrap,
      prlimit,
      size: offers('--size') && offers('--perms'),
      disableUserns,
    };
    try {
      detail = await trial(features);
    } catch (error) {
      detail = sentenceOf(error);
    }
    if (detail === '') {
      return { backend: 'bwrap', works: true, detail: `${bwrap} confines commands`, features };
    }
  }
  return no(`bubblewrap is installed but does not work here: ${detail}`);
}

// Runs with the arguments of real use; the answer proves that the walls stand, not only that it starts.
async function trial(features: BwrapFeatures): Promise<string> {
  const directory = privateDirectory('probe');
  try {
    const script =
      'echo in > inside && ! (echo out > /usr/probe) 2>/dev/null && ! [ -e /etc/shadow ] && ! [ -e /root/. ] && ' +
      '[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ] && [ "$(grep -c : /proc/net/dev)" -le 1 ] && echo held';
    const launch = await createBwrapConfiner(features, []).launch(
      {
        argv: ['sh', '-c', script],
        program: 'sh',
        cwd: directory,
        workspace: directory,
        env: {},
        protectedPaths: [],
      },
      { network: 'none', limits: { fileBytes: 2 ** 20, cpuSeconds: 10, processes: 4096 } },
    );
    return await new Promise<string>((resolve) => {
      const child = start(launch, { PATH: '/usr/bin:/bin' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      let answer = '';
      let trouble = '';
      child.stdout?.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      child.stderr?.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
      for (const [at, text] of launch.descriptors.entries()) writeDescriptor(child.stdio[3 + at], text);
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve(
          answer.trim() === 'held'
            ? ''
            : trouble.trim().slice(0, 300) || `the probe ended with ${String(code)}`,
        );
      });
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
