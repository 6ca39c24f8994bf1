import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { confineHelper } from '../../../tools/host/confine-helper.js';
import { requires } from '../../../tools/host/host-test.js';
import { TEST_LABEL, testWorkerImage } from '../../../tools/host/test-image.js';

interface Outcome {
  readonly unavailable?: string;
  readonly confined: readonly string[];
  readonly unconfined: readonly string[];
  readonly work: string;
  readonly guarantees: readonly string[];
}

// Runs in the container, as the worker does: its commands are of the same user and see the same mounts.
const inside = `
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createConfiner, runCommand } from '/opt/clawforce/node_modules/@clawforce/policy-shell/dist/run.js';
const toolDirectories = ['/opt/tools'];
const say = (outcome) => { console.log(JSON.stringify(outcome)); process.exit(); };
const confiner = await createConfiner({ backend: 'landlock', toolDirectories, landlock: { ownContainer: true } }).catch((error) => say({ unavailable: error.message }));
const unconfined = await createConfiner({ backend: 'none', toolDirectories });
const victim = spawn('sleep', ['1000']);
const tcp = createServer((socket) => socket.on('error', () => {}).end());
await new Promise((resolve) => tcp.listen(0, '127.0.0.1', resolve));
await new Promise((resolve) => createServer().listen('/agent/.state/host.sock', resolve));
const workspace = '/agent/workspace';
const run = async (using, script) => (await runCommand(
  { argv: ['sh', '-c', script], program: 'sh', cwd: workspace, workspace, env: {}, protectedPaths: [] },
  { confiner: using, network: using.confined ? 'none' : 'host', timeoutMs: 20000 })).stdout.text;
const zones = \`
[ "$(cat /agent/.state/secret 2>/dev/null)" = hush ] && echo read-outbox
ls /agent/.state >/dev/null 2>&1 && echo list-outbox
(echo x > /agent/.state/planted) 2>/dev/null && echo write-outbox
cat /run/clawforce/join >/dev/null 2>&1 && echo read-join
ls /run/clawforce >/dev/null 2>&1 && echo list-sockets
cat /proc/\${process.pid}/environ >/dev/null 2>&1 && echo read-worker
kill -0 \${process.pid} 2>/dev/null && echo signal-worker\`;
const attacks = (names) => \`for a in \${names}; do [ "$(attack $a /agent/.state \${victim.pid} \${tcp.address().port} 2>/dev/null)" = GOT ] && echo $a; done\`;
const list = async (using) => (await run(using, zones + '\\n' + attacks(process.argv[1]))).split('\\n').filter(Boolean);
const confined = await list(confiner);
const work = await run(confiner, 'echo x > f && mkdir -p a b && mv f a/g && mv a/g b/h && cat b/h && echo y > /tmp/t && cat /tmp/t && node -p 6*7 && ps | grep -c sh > /dev/null && echo ps');
say({ confined, work, unconfined: await list(unconfined), guarantees: confiner.guarantees });
`;

// Harmless ones first; those that kill or stop the stand-in come last, so that the list means the same both times.
const attacks = [
  'reopen', 'openat2', 'link-descriptor', 'make-directory', 'set-id-chmod', 'set-id-open', 'named-socket',
  'unix-stream', 'netlink', 'tcp', 'fast-open', 'udp', 'bind', 'listen', 'shared-memory', 'clone-parent', 'limits',
  'priority', 'priority-user', 'io-priority', 'affinity', 'scheduler', 'signal', 'signal-thread', 'signal-queue', 'signal-pidfd',
  'truncate', 'io-uring', 'unshare-user', 'clone3-user', 'mount', 'open-tree', 'bpf', 'key', 'handle', 'seize',
]; // prettier-ignore

requires('docker', 'cc', 'landlock', 'root').describe('commands of a worker in a container', () => {
  let base: string;
  let image: string;

  beforeAll(async () => {
    confineHelper();
    image = await testWorkerImage();
    base = realpathSync(mkdtempSync(join(tmpdir(), 'landlock-container-')));
    chmodSync(base, 0o755);
    mkdirSync(join(base, 'tools/bin'), { recursive: true });
    const source = fileURLToPath(
      new URL('../../../packages/policy-shell/src/testing/attacks.c', import.meta.url),
    );
    // Static: the image has no C library.
    execFileSync('cc', ['-D_GNU_SOURCE', '-O1', '-static', '-o', join(base, 'tools/bin/attack'), source]);
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  // The agent's directories as the pool hands them over, with things worth stealing in the outbox directory.
  const fresh = (): void => {
    const directories = ['agent/workspace', 'agent/.state', 'agent/.state/empty', 'run'];
    const files = ['secret', 'doomed', 'movable', 'program'].map((name) => `agent/.state/${name}`);
    for (const name of ['agent', 'run']) rmSync(join(base, name), { recursive: true, force: true });
    for (const name of directories) mkdirSync(join(base, name), { recursive: true });
    for (const name of files) writeFileSync(join(base, name), 'hush');
    writeFileSync(join(base, 'agent/.state/program'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    writeFileSync(join(base, 'run/join'), 'cfj_x');
    for (const name of [...directories, ...files, 'run/join']) chownSync(join(base, name), 10001, 10001);
  };

  const run = async (...options: string[]): Promise<Outcome> => {
    fresh();
    const { stdout } = await promisify(execFile)('docker', [
      ...[
        'run',
        '--rm',
        '--init',
        '--label',
        TEST_LABEL,
        '--user',
        '10001:10001',
        '--network',
        'none',
        '--read-only',
      ],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '256'],
      ...['--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m', ...options],
      ...['-v', `${base}/agent:/agent:ro`, '-v', `${base}/agent/workspace:/agent/workspace`],
      ...['-v', `${base}/agent/.state:/agent/.state`, '-v', `${base}/run:/run/clawforce:ro`],
      ...['-v', `${base}/tools:/opt/tools:ro`, '--entrypoint', 'node', image],
      ...['--input-type=module', '-e', inside, attacks.join(' ')],
    ]);
    return JSON.parse(stdout) as Outcome;
  };

  it.each([
    ["the engine's own system call filter", []],
    ['no filter of the engine', ['--security-opt', 'seccomp=unconfined']],
  ])('get nothing outside of the workspace, with %s', async (_filter, options) => {
    const { confined, unconfined, work, guarantees } = await run(...options);
    expect(confined).toEqual([]);
    expect(work).toBe('x\ny\n42\nps\n');
    expect(guarantees).toEqual(expect.arrayContaining(['processes-isolated', 'descendants-killed']));
    // What the same commands get without the helper, in the same container.
    expect(unconfined).toEqual(
      expect.arrayContaining([
        'read-outbox',
        'write-outbox',
        'read-join',
        'list-sockets',
        'read-worker',
        'signal-worker',
        'unix-stream',
        'tcp',
        'limits',
        'priority',
        'signal',
        'truncate',
      ]),
    );
  });

  it('are refused where the container forbids Landlock, with its name', async () => {
    const profile = join(base, 'no-landlock.json');
    writeFileSync(
      profile,
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['landlock_create_ruleset'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
      }),
    );
    const { unavailable } = await run('--security-opt', `seccomp=${profile}`);
    expect(unavailable).toContain('landlock_create_ruleset');
  });
});
