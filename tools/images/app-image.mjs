import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from '../setup/local-bin.mjs';
import { ensureBaseImage } from './base-image.mjs';
import { dependencyClosure } from './dependency-closure.mjs';

const run = promisify(execFile);

/** Raised when the layout changes, so that an image of an older recipe is not taken for the new one. */
const RECIPE = 2;

/** Not needed to run, and half of the size. */
const LEFT_OUT = /(?:\.d\.[cm]?ts|\.map|\.tsbuildinfo|\.md|\.test\.[cm]?js)$/;

async function filesBelow(from, to) {
  const found = await stat(from);
  if (!found.isDirectory())
    return LEFT_OUT.test(from) ? [] : [{ from, to, program: (found.mode & 0o100) !== 0 }];
  const lists = [];
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === '.bin') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) lists.push([{ from: source, to: target, link: await readlink(source) }]);
    else lists.push(await filesBelow(source, target));
  }
  return lists.flat();
}

/** What a package of this repository publishes, without its sources. Patterns name files below a directory. */
const publishedEntries = (files) =>
  files.filter((name) => !name.startsWith('!') && name !== 'src').map((name) => name.split('/*')[0]);

async function filesOfApp(name) {
  const lists = [];
  for (const { from, to, own, files } of dependencyClosure(root, name)) {
    if (own && !existsSync(join(from, 'dist'))) throw new Error(`${from} is not built; run npm run build`);
    const entries = own ? ['package.json', ...publishedEntries(files)] : ['.'];
    for (const entry of entries) {
      if (existsSync(join(from, entry))) lists.push(await filesBelow(join(from, entry), join(to, entry)));
    }
  }
  return lists.flat().sort((left, right) => (left.to < right.to ? -1 : 1));
}

async function contentHash(files, dockerfile, base) {
  const hash = createHash('sha256')
    .update(`${RECIPE} ${base}\n`)
    .update(await readFile(dockerfile));
  for (const { from, to, program, link, text } of files) {
    const content =
      text ??
      link ??
      createHash('sha256')
        .update(await readFile(from))
        .digest('hex');
    hash.update(`${to} ${program ? 'x' : '-'} ${content}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function stage(files, directory) {
  // Directories get their modes from it: a worker of another user must be able to enter them.
  process.umask(0o022);
  for (const { from, to, program, link, text } of files) {
    const target = join(directory, to);
    await mkdir(dirname(target), { recursive: true });
    if (text !== undefined) await writeFile(target, text, { mode: 0o644 });
    else if (link !== undefined) await symlink(link, target);
    else {
      await copyFile(from, target);
      // The same on every machine, whatever its umask.
      await chmod(target, program ? 0o755 : 0o644);
    }
  }
}

async function idOf(docker, image) {
  const found = await run(docker, ['image', 'inspect', '--format', '{{.Id}}', image]).catch(() => undefined);
  return found?.stdout.trim();
}

async function baseFor({ base, docker, say }) {
  if (base !== undefined) return base;
  try {
    return await ensureBaseImage({ docker, say });
  } catch (error) {
    say(`no base image of this host (${error.message}); using the Dockerfile's own, which needs a registry`);
    return undefined;
  }
}

async function hasBuildKit(docker) {
  return (await run(docker, ['buildx', 'version']).catch(() => undefined)) !== undefined;
}

async function buildImage({ docker, say, args, context }) {
  const env = { ...process.env, DOCKER_BUILDKIT: (await hasBuildKit(docker)) ? '1' : '0' };
  const child = spawn(docker, ['build', ...args, context], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const tail = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      if (/^(?:Step \d|#\d+ \[)/.test(line)) say(line);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`docker build ended with ${code}:\n${tail.join('\n')}`);
}

/**
 * Builds the image of one app from what is installed and built here, and gives its tag. The tag holds the hash of
 * everything that goes in, so an image that is there already is used again.
 */
export async function ensureAppImage({
  app,
  base,
  docker = 'docker',
  say = () => undefined,
  besides = () => ({ files: [], leftOut: () => false, needsNetwork: false }),
  dockerfile = join(root, 'apps', app, 'Dockerfile'),
}) {
  const chosen = await baseFor({ base, docker, say });
  const more = await besides({ registry: chosen === undefined });
  const own = (await filesOfApp(`@clawforce/${app}`)).filter(({ to }) => !more.leftOut(to));
  const files = [...own.map((file) => ({ ...file, to: `app/${file.to}` })), ...more.files];
  const foundation = chosen === undefined ? 'registry' : ((await idOf(docker, chosen)) ?? chosen);
  const tag = `clawforce-${app}:${await contentHash(files, dockerfile, foundation)}`;
  if ((await idOf(docker, tag)) !== undefined) return tag;
  say(`building ${tag}${chosen === undefined ? '' : ` on ${chosen}`}`);
  const context = await mkdtemp(join(tmpdir(), 'clawforce-image-'));
  try {
    await stage(files, context);
    await copyFile(dockerfile, join(context, 'Dockerfile'));
    const args = ['--tag', tag, '--label', `clawforce.image=${app}`];
    // What is on the engine already needs no network.
    if (chosen !== undefined) args.push('--build-arg', `BASE_IMAGE=${chosen}`);
    if (chosen !== undefined && !more.needsNetwork) args.push('--network', 'none');
    await buildImage({ docker, say, args, context });
    return tag;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
