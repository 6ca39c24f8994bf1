import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Raised when the layout below changes, so that an image of an older recipe is not taken for the new one. */
const RECIPE = 2;
const REPOSITORY = 'clawforce-test-base';

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nagent:x:10001:10001:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';
const GROUP = 'root:x:0:\nagent:x:10001:\nnogroup:x:65534:\n';
const DIRECTORIES = [
  'agent',
  'bin',
  'dev',
  'etc',
  'home/agent',
  'proc',
  'root',
  'run',
  'sys',
  'usr/bin',
  'usr/local/bin',
];
const SHARED_DIRECTORIES = ['tmp', 'var/tmp'];

async function sharedObjects(program) {
  const { stdout } = await run('ldd', [program]);
  return [...stdout.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].map((match) => match[1]);
}

/** Parts of the C library that native add-ons and name resolution load later. */
const LOADED_LATER = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2', 'librt.so.1', 'libutil.so.1'];

function besides(objects) {
  const libc = objects.find((path) => /\/libc\.so\.6$/.test(path));
  if (libc === undefined) return objects;
  const more = LOADED_LATER.map((name) => join(dirname(libc), name)).filter((path) => existsSync(path));
  return [...objects, ...more];
}

async function digestOf(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function recipe(node, programs, directories) {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (!busybox) throw new Error('the base image needs busybox: apt-get install busybox-static');
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  const files = [
    { from: await realpath(node), to: 'usr/bin/node' },
    { from: await realpath(busybox), to: 'bin/busybox' },
    ...besides((await Promise.all([node, ...programs].map(sharedObjects))).flat()).map((path) => ({
      from: path,
      to: path.slice(1),
    })),
    ...(await Promise.all(programs.map(async (path) => ({ from: await realpath(path), to: path.slice(1) })))),
    ...(existsSync(certificates) ? [{ from: certificates, to: certificates.slice(1) }] : []),
  ]
    .filter(({ to }, index, all) => all.findIndex((other) => other.to === to) === index)
    .sort((left, right) => (left.to < right.to ? -1 : 1));
  const hash = createHash('sha256').update(
    JSON.stringify([RECIPE, PASSWD, GROUP, DIRECTORIES, SHARED_DIRECTORIES]),
  );
  for (const { from, to } of files) hash.update(`${to} ${await digestOf(from)}\n`);
  const { stdout } = await run(busybox, ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  // A directory of the distribution stands for its path: its content belongs to the program that is hashed.
  for (const path of directories) hash.update(`${path}/\n`);
  return { files, directories, applets, hash: hash.digest('hex').slice(0, 16) };
}

async function stage(directory, { files, directories, applets }) {
  // Modes come from it, and an ordinary user must be able to enter every directory.
  process.umask(0o022);
  for (const path of [...DIRECTORIES, ...SHARED_DIRECTORIES]) {
    await mkdir(join(directory, path), { recursive: true });
  }
  for (const { from, to } of files) {
    await mkdir(dirname(join(directory, to)), { recursive: true });
    await copyFile(from, join(directory, to));
  }
  for (const path of directories) await cp(path, join(directory, path), { recursive: true });
  for (const name of applets) await symlink('busybox', join(directory, 'bin', name));
  await symlink('/bin/env', join(directory, 'usr/bin/env'));
  await writeFile(join(directory, 'etc/passwd'), PASSWD);
  await writeFile(join(directory, 'etc/group'), GROUP);
  for (const path of SHARED_DIRECTORIES) await chmod(join(directory, path), 0o1777);
  await chmod(join(directory, 'root'), 0o700);
}

async function importImage(docker, directory, tag) {
  // Names, times and owners are fixed, so that the same input gives the same layer on every machine.
  const tar = spawn(
    'tar',
    ['-C', directory, '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-c', '.'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'CMD ["node"]'];
  const load = spawn(docker, ['import', ...changes.flatMap((line) => ['--change', line]), '-', tag], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = (child, name) =>
    new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}`)),
      );
    });
  await Promise.all([ended(tar, 'tar'), ended(load, 'docker import'), pipeline(tar.stdout, load.stdin)]);
}

/**
 * Makes, without any registry, a small image with the Node in use and busybox, and gives its tag. The tag holds the
 * hash of what goes in, so an image that is there already is used again.
 */
export async function ensureBaseImage({
  node = process.execPath,
  programs = [],
  directories = [],
  docker = 'docker',
  say = () => undefined,
} = {}) {
  const plan = await recipe(node, programs, directories);
  const tag = `${REPOSITORY}:${plan.hash}`;
  const known = await run(docker, ['image', 'inspect', '--format', '{{.Id}}', tag]).catch(() => undefined);
  if (known) return tag;
  say(`building ${tag} from ${node} and busybox`);
  const scratch = await mkdtemp(join(tmpdir(), 'clawforce-base-'));
  try {
    // The root of the image is a directory of its own: the scratch directory is closed to other users.
    const directory = join(scratch, 'root');
    await stage(directory, plan);
    await importImage(docker, directory, tag);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return tag;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await ensureBaseImage({ say: (sentence) => console.error(sentence) }));
}
