import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makePlatformPackage } from '../confine/pack-platforms.mjs';
import { ensureBaseImage } from '../images/base-image.mjs';
import { dependencyClosure } from '../images/dependency-closure.mjs';
import { openPackageRegistry, type PackedPackage } from './package-registry.js';
import { TEST_LABEL } from './test-image.js';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** An image with the worker as users install it, and how to get rid of it. */
export interface NpmWorkerImage {
  readonly tag: string;
  remove(): Promise<void>;
}

/**
 * Builds the image that apps/worker/README.md shows, from the packages as they are published: packed here, and installed
 * by npm out of a registry on loopback that has nothing else.
 */
export async function buildNpmWorkerImage(): Promise<NpmWorkerImage> {
  const work = await realpath(await mkdtemp(join(tmpdir(), 'npm-worker-')));
  const unique = randomUUID().slice(0, 8);
  const [base, tag] = [`clawforce-test-npm-base:${unique}`, `clawforce-test-npm-worker:${unique}`];
  try {
    const registry = await openPackageRegistry(await packEverything(work));
    try {
      await copyNpm(join(work, 'context/root'));
      await build(join(work, 'context'), base, `FROM ${await ensureBaseImage()}\nCOPY root/ /\n`, 'none');
      const shown = await shownDockerfile();
      await mkdir(join(work, 'empty'));
      const file = shown
        .replace(/^FROM .*$/m, `FROM ${base}\nENV npm_config_registry=${registry.url}`)
        .replace(/^RUN apt-get .*\n/m, '')
        .replaceAll('confine-linux-x64', `confine-linux-${process.arch}`);
      await build(join(work, 'empty'), tag, file, 'host');
    } finally {
      await registry.close();
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return {
    tag,
    remove: async () => {
      await run('docker', ['rmi', '--force', tag, base]);
    },
  };
}

/** The first Dockerfile of the worker's README. */
async function shownDockerfile(): Promise<string> {
  const text = await readFile(join(root, 'apps/worker/README.md'), 'utf8');
  const [, file] = /```dockerfile\n([\s\S]*?)```/.exec(text) ?? [];
  if (file === undefined) throw new Error('apps/worker/README.md shows no Dockerfile');
  return file;
}

async function packEverything(work: string): Promise<PackedPackage[]> {
  const platform = makePlatformPackage(process.arch, join(work, 'platform'));
  if (platform === undefined) throw new Error('there is no C compiler');
  const folders = [...dependencyClosure(root, '@clawforce/worker').map(({ from }) => from), platform];
  const target = join(work, 'tarballs');
  await mkdir(target);
  const args = ['pack', ...folders, '--json', '--ignore-scripts', '--pack-destination', target];
  const { stdout } = await run('npm', args, { cwd: work, maxBuffer: 64 * 1024 ** 2 });
  const answer = JSON.parse(stdout) as Record<string, { name: string; version: string; filename: string }>;
  const packed = Object.values(answer);
  return Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(folder, 'package.json'), 'utf8');
      const manifest = JSON.parse(text) as PackedPackage['manifest'];
      const { name, version } = manifest;
      const found = packed.find((one) => one.name === name && one.version === version);
      if (!found) throw new Error(`${name} ${version} was not packed`);
      return { manifest, tarball: join(target, found.filename.replace(/^@/, '').replace('/', '-')) };
    }),
  );
}

/** The base of the tests has no npm: that of this host is a directory of plain JavaScript. */
async function copyNpm(target: string): Promise<void> {
  const { stdout } = await run('npm', ['root', '--global']);
  const npm = await realpath(join(stdout.trim(), 'npm'));
  await cp(npm, join(target, 'usr/lib/node_modules/npm'), {
    recursive: true,
    filter: (path) => !/\/npm\/(?:docs|man)(?:\/|$)/.test(path),
  });
  const command = join(target, 'usr/bin/npm');
  await mkdir(dirname(command), { recursive: true });
  const text = '#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n';
  await writeFile(command, text, { mode: 0o755 });
}

async function build(context: string, tag: string, dockerfile: string, network: string): Promise<void> {
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  await run('docker', ['build', '--network', network, '--tag', tag, '--label', TEST_LABEL, context], {
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
    maxBuffer: 64 * 1024 ** 2,
  });
}
