import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { confineHelper } from '../../../../tools/host/confine-helper.js';
import { requires } from '../../../../tools/host/host-test.js';
import { rawPlan } from '../testing/raw-plan.js';
import type { Confiner } from './confiner.js';
import { countOwnTasks } from './count-own-tasks.js';
import { createConfiner } from './create-confiner.js';
import type { LandlockOptions } from './landlock-probe.js';
import { probeConfiners } from './probe-confiners.js';
import { runCommand, type RunOptions, type RunResult } from './run-command.js';

const node = dirname(dirname(realpathSync(process.execPath)));
const toolDirectories = node === '/usr' || node === '/usr/local' ? [] : [node];

const until = async (condition: () => boolean): Promise<boolean> => {
  for (let at = 0; at < 300 && !condition(); at++) await new Promise((resolve) => setTimeout(resolve, 50));
  return condition();
};
const runs = (argument: string): boolean =>
  spawnSync('pgrep', ['-f', `^sleep ${argument}$`], { stdio: 'ignore' }).status === 0;
let serial = 8_600_000 + (process.pid % 10_000) * 10;

requires('cc', 'landlock', 'ps').describe('the landlock confiner', () => {
  let base: string;
  let workspace: string;
  let confiner: Confiner;

  const make = (landlock: LandlockOptions = {}): Promise<Confiner> =>
    createConfiner({
      backend: 'landlock',
      toolDirectories,
      landlock: { helper: confineHelper(), ...landlock },
    });
  const sh = (script: string, options: Partial<RunOptions> = {}): Promise<RunResult> =>
    runCommand(rawPlan(workspace, ['sh', '-c', script]), { confiner, ...options });

  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'landlock-confiner-')));
    workspace = join(base, 'workspace');
    mkdirSync(workspace);
    confiner = await make();
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  it('is found by a probe that ran it', async () => {
    expect(await probeConfiners()).toContainEqual(
      expect.objectContaining({
        backend: 'landlock',
        works: true,
        detail: expect.stringContaining('Landlock ABI') as string,
      }),
    );
  });

  it('names what held during a run', async () => {
    const { backend, confined, guarantees } = await sh('true');
    expect([backend, confined]).toEqual(['landlock', true]);
    expect(guarantees).toEqual(
      expect.arrayContaining([
        'writes-only-workspace',
        'network-none',
        'processes-isolated',
        'descendants-killed',
        'system-calls-filtered',
      ]),
    );
    // It cannot deny a name below the workspace, so it must not say so.
    expect(guarantees).not.toContain('protected-names-masked');
  });

  it.each([
    [
      'git',
      'git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git log --oneline | grep -q x',
    ],
    ['a compiler', 'echo "int main(void){return 7;}" > a.c && cc a.c -o a.out; ./a.out; [ $? = 7 ]'],
    [
      'archives',
      'mkdir -p d/e && echo x > d/e/f && tar czf d.tgz d && rm -r d && tar xzf d.tgz && [ -f d/e/f ]',
    ],
    ['moving between directories', 'mkdir -p m n && echo x > m/f && mv m/f n/g && ln n/g n/h && [ -f n/h ]'],
    ['temporary files', 'f=$(mktemp) && echo x > $f && [ -s $f ] && [ "$HOME" = "$TMPDIR" ]'],
    [
      'pipelines, background jobs and here-documents',
      'seq 9 | xargs -P3 -n1 echo | sort | tail -1 | grep -q 9 && (sleep 0.01 & wait) && cat <<E | grep -q y\ny\nE',
    ],
    ['timeout, nice and kill of its own', 'timeout 5 nice true && sleep 50 & kill $! && wait'],
    ['devices', 'head -c 4 /dev/urandom > /dev/null && head -c 1 /dev/zero | wc -c | grep -q 1'],
    [
      'node with threads and children',
      `node -e 'const {Worker}=require("worker_threads");new Worker("require(\\"child_process\\").execSync(\\"true\\");process.exit(0)",{eval:true}).on("exit",c=>process.exit(c))'`,
    ],
    ['perl with fork', `perl -e 'fork or exit 3; wait; exit 1 unless $? >> 8 == 3'`],
    ['facts about the machine', 'nproc > /dev/null && grep -q MemTotal /proc/meminfo'],
  ])('lets honest work go on: %s', async (_what, script) => {
    const { exitCode, stderr } = await sh(script);
    expect([exitCode, stderr.text.replaceAll(/^.*(?:warning|hint).*$/gm, '').trim()]).toEqual([0, '']);
  });

  it('ends everything that a command started, also what left its group and its session', async () => {
    const argument = String(serial++);
    await sh(
      `setsid sleep ${argument} & perl -e 'fork and exit; setpgrp; fork and exit; exec "sleep", "${argument}"' & sleep 0.3`,
    );
    expect(runs(argument)).toBe(false);
  });

  it('ends it at a time-out too, whatever signals it ignores', async () => {
    const argument = String(serial++);
    const { timedOut } = await sh(`trap "" TERM HUP INT; setsid sleep ${argument} & sleep ${argument}`, {
      timeoutMs: 300,
    });
    expect(timedOut).toBe(true);
    expect(runs(argument)).toBe(false);
  });

  it('keeps a command from killing what ends it', async () => {
    const argument = String(serial++);
    await sh(
      `setsid sleep ${argument} & perl -e 'for (2..70000) { kill 9, $_ unless $_ == $$ or $_ == getppid }'; kill -9 -1`,
    );
    expect(await until(() => !runs(argument))).toBe(true);
  });

  it('ends the command when its runner is killed', async () => {
    const argument = String(serial++);
    const script = join(base, 'runner.mjs');
    writeFileSync(
      script,
      `import { spawn } from 'node:child_process';
       spawn(${JSON.stringify(confineHelper())}, ['--read', '/', '--', 'sh', '-c', 'setsid sleep ${argument} & sleep ${argument}'], { detached: true });`,
    );
    const runner = spawn(process.execPath, [script]);
    expect(await until(() => runs(argument))).toBe(true);
    runner.kill('SIGKILL');
    expect(await until(() => !runs(argument))).toBe(true);
  });

  it('takes the temporary directory away, and follows no link that is in it', async () => {
    const keep = join(base, 'keep');
    mkdirSync(keep, { recursive: true });
    writeFileSync(join(keep, 'file'), 'x');
    const { stdout } = await sh(
      `echo $TMPDIR; ln -s ${keep} $TMPDIR/link; mkdir $TMPDIR/d; echo x > $TMPDIR/d/f`,
    );
    expect(existsSync(dirname(stdout.text.trim()))).toBe(false);
    expect(readdirSync(keep)).toEqual(['file']);
  });

  it('says why a command was not started, and a command cannot say so itself', async () => {
    const gone = join(base, 'gone');
    mkdirSync(gone);
    const broken: Confiner = {
      ...confiner,
      launch: async (plan, options) => {
        const launch = await confiner.launch(plan, options);
        return { ...launch, args: ['--read', '/nonexistent', ...launch.args] };
      },
    };
    await expect(runCommand(rawPlan(workspace, ['true']), { confiner: broken })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('landlock-path: /nonexistent') as string,
    });
    const { exitCode, stderr } = await sh(
      'echo clawforce-confine: landlock: no >&2; (echo no >&3) 2>/dev/null; exit 227',
    );
    expect([exitCode, stderr.text]).toEqual([227, 'clawforce-confine: landlock: no\n']);
    expect((await runCommand(rawPlan(workspace, ['no-such-program']), { confiner })).exitCode).toBe(127);
  });

  it('reaches the proxy through the loopback shim', async () => {
    const proxySocket = join(base, 'egress.sock');
    const proxy = createServer((request, response) => response.end(`proxied ${request.url ?? ''}`));
    await new Promise<void>((resolve) => proxy.listen(proxySocket, resolve));
    try {
      const { stdout, guarantees } = await sh(
        `node -e 'const {hostname,port}=new URL(process.env.http_proxy);require("http").get({hostname,port,path:"http://example.org/"},r=>r.pipe(process.stdout))'`,
        { network: { proxySocket } },
      );
      expect(stdout.text).toBe('proxied http://example.org/');
      expect(guarantees).toContain('network-proxy-port-only');
      expect(guarantees).not.toContain('network-none');
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });

  it('refuses a proxy where the kernel cannot limit ports', async () => {
    const old = await make({ mostAbi: 3 });
    await expect(
      sh('true', { confiner: old, network: { proxySocket: join(base, 'egress.sock') } }),
    ).rejects.toMatchObject({
      code: 'NETWORK_UNSUPPORTED',
      message: expect.stringContaining('Landlock ABI 4') as string,
    });
  });

  it('shows an own container more, and still no hidden zone', async () => {
    const inside = await make({ ownContainer: true });
    // Beside /tmp, which such a container has for the agent alone.
    const agent = realpathSync(mkdtempSync(join(homedir(), '.landlock-agent-')));
    try {
      for (const zone of ['workspace', '.state']) mkdirSync(join(agent, zone));
      writeFileSync(join(agent, '.state/outbox'), 'private');
      const script = `id -un > /dev/null && echo names; node -p 'process.memoryUsage().rss > 0'; cat ../.state/outbox; cat /proc/$PPID/environ; echo x > ../.state/planted`;
      const plan = rawPlan(join(agent, 'workspace'), ['sh', '-c', script]);
      const { stdout } = await runCommand(plan, { confiner: inside });
      expect(stdout.text).toBe('names\ntrue\n');
      expect(readdirSync(join(agent, '.state'))).toEqual(['outbox']);
    } finally {
      rmSync(agent, { recursive: true, force: true });
    }
  });

  it('refuses a workspace or a proxy socket that is not there, and leaves nothing behind', async () => {
    // A place of its own: other tests run commands at the same time.
    const place = mkdtempSync(join(base, 'tmp-'));
    vi.stubEnv('TMPDIR', place);
    const plan = rawPlan(join(base, 'nowhere'), ['true']);
    await expect(runCommand(plan, { confiner })).rejects.toMatchObject({ code: 'START_FAILED' });
    const network = { proxySocket: join(base, 'nowhere.sock') };
    await expect(sh('true', { network })).rejects.toMatchObject({ code: 'NETWORK_UNSUPPORTED' });
    expect(tmpdir()).toBe(place);
    expect(readdirSync(place)).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('counts the limit on processes on top of what the user runs already', async () => {
    const mine = countOwnTasks();
    const threads = Number(/^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
    expect(threads).toBeGreaterThan(2);
    expect(mine).toBeGreaterThanOrEqual(threads);
    const limit = (processes: number): Promise<number> =>
      Promise.resolve(
        confiner.launch(rawPlan(workspace, ['true']), {
          network: 'none',
          limits: { fileBytes: 1, cpuSeconds: 1, processes },
        }),
      ).then(async ({ args, tidy }) => {
        await tidy();
        return Number(args.find((word) => word.startsWith('nproc='))?.slice('nproc='.length));
      });
    expect(await limit(7)).toBeGreaterThanOrEqual(threads + 7);
    // What else the user runs comes and goes meanwhile.
    const more = (await limit(50_007)) - (await limit(7));
    expect(Math.abs(more - 50_000)).toBeLessThan(5_000);
  });

  it('refuses a workspace whose neighbours commands could read or change', async () => {
    // As in a container whose agent directory was put below /tmp.
    const inside = await make({ ownContainer: true });
    await expect(sh('true', { confiner: inside })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('lies below /tmp') as string,
    });
    const tools = await createConfiner({
      backend: 'landlock',
      toolDirectories: [base],
      landlock: { helper: confineHelper() },
    });
    await expect(sh('true', { confiner: tools })).rejects.toMatchObject({ code: 'START_FAILED' });
  });

  describe('where it cannot be had', () => {
    const fake = (name: string, answer: string): string => {
      const path = join(base, name);
      writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
      return path;
    };
    const told = (reason: string): string =>
      JSON.stringify({ version: 1, landlock: 0, reason, used: 0, seccomp: true });
    it.each([
      ['a helper that is not there', () => join(base, 'none'), 'does not exist'],
      ['a kernel without Landlock', () => fake('missing', told('missing')), 'CONFIG_SECURITY_LANDLOCK'],
      ['a kernel with Landlock switched off', () => fake('disabled', told('disabled')), 'lsm=landlock'],
      [
        'a container that refuses Landlock',
        () => fake('forbidden', told('forbidden')),
        'landlock_create_ruleset',
      ],
      [
        'a helper of another version',
        () => fake('other', '{"version":2}'),
        'form that this version does not know',
      ],
      [
        'a helper that confines nothing',
        () => {
          const path = join(base, 'idle');
          writeFileSync(
            path,
            `#!/bin/sh\n[ "$1" = --probe ] && echo '${JSON.stringify({ version: 1, landlock: 7, reason: '', used: 7, seccomp: true })}' && exit\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n`,
            { mode: 0o755 },
          );
          return path;
        },
        'does not work here: the probe ended with 2',
      ],
      [
        'a helper that others may change',
        () => {
          const path = join(base, 'loose');
          copyFileSync(confineHelper(), path);
          chmodSync(path, 0o777);
          return path;
        },
        'may be changed by others',
      ],
    ])('refuses, and names it: %s', async (_case, helper, words) => {
      await expect(
        createConfiner({ backend: 'landlock', landlock: { helper: helper() } }),
      ).rejects.toMatchObject({
        code: 'CONFINER_UNAVAILABLE',
        message: expect.stringContaining(words) as string,
        decision: { rule: 'shell.confiner.unavailable' },
      });
    });

    it('refuses a helper by a relative path', async () => {
      await expect(createConfiner({ backend: 'landlock', landlock: { helper: 'confine' } })).rejects.toThrow(
        TypeError,
      );
    });
  });
});

// The attacks that only newer kernels hold, by the first Landlock ABI that does.
const signals = ['signal', 'signal-thread', 'signal-queue', 'signal-pidfd', 'signal-owner', 'signal-parent'];

requires('cc', 'landlock').describe('what holds on older kernels', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('is as documented for Landlock ABI %i', async (mostAbi) => {
    const { EscapeHost } = await import('../testing/escape-host.js');
    const { systemCallAttacks } = await import('../testing/system-call-attacks.js');
    const host = new EscapeHost();
    try {
      await host.start({ attacks: true });
      const confiner = await createConfiner({
        backend: 'landlock',
        toolDirectories: host.toolDirectories,
        landlock: { helper: confineHelper(), mostAbi },
      });
      const open: string[] = [];
      for (const [, attack] of systemCallAttacks) {
        const said = await host.attempt(`exec attack ${attack} $OUT $VICTIM $PORT`, confiner);
        if (said.includes('GOT')) open.push(attack);
      }
      expect(open).toEqual(mostAbi < 6 ? signals : []);
      expect(confiner.guarantees.includes('processes-isolated')).toBe(mostAbi >= 6);
      expect(confiner.guarantees.includes('descendants-killed')).toBe(mostAbi >= 6);
      const moved = await host.attempt(
        'mkdir a b; echo x > a/f; perl -e "exit(rename(q(a/f), q(b/f)) ? 0 : 1)" && echo MOVED',
        confiner,
      );
      expect(moved.includes('MOVED')).toBe(mostAbi >= 2);
    } finally {
      host.stop();
    }
  });
});

// As in a container: an ordinary user, no capability in any set, no new privileges already.
requires('cc', 'landlock', 'root').describe('an ordinary user without capabilities', () => {
  it('is confined as well, with every attack that works for this user refused', async () => {
    const { EscapeHost } = await import('../testing/escape-host.js');
    const { systemCallAttacks } = await import('../testing/system-call-attacks.js');
    const host = new EscapeHost();
    try {
      await host.start({ attacks: true });
      const base = dirname(host.workspace);
      execFileSync('chown', ['-R', '65534:65534', base]);
      const helper = join(base, 'confine');
      copyFileSync(confineHelper(), helper);
      const attacks = systemCallAttacks
        .map(([, attack]) => attack)
        .filter((name) => !/^(?:trace-me|chroot|signal-parent)$/.test(name));
      const script = `for a in ${attacks.join(' ')}; do [ "$(${base}/tools/bin/attack $a ${base}/outside $PPID ${host.port} 2>/dev/null)" = GOT ] && echo $a; done`;
      const user = [
        '--reuid',
        '65534',
        '--regid',
        '65534',
        '--clear-groups',
        '--bounding-set',
        '-all',
        '--inh-caps',
        '-all',
        '--no-new-privs',
      ];
      const confine = [
        helper,
        '--read',
        '/usr',
        '--read-if-exists',
        '/bin',
        '--read-if-exists',
        '/lib',
        '--read-if-exists',
        '/lib64',
        '--read',
        join(base, 'tools'),
        '--write',
        host.workspace,
        '--device',
        '/dev/null',
        '--',
      ];
      const as = (words: readonly string[]): string[] =>
        spawnSync('setpriv', [...user, ...words, 'sh', '-c', script], {
          cwd: host.workspace,
          encoding: 'utf8',
          timeout: 60_000,
        })
          .stdout.split('\n')
          .filter(Boolean);
      const unconfined = as([]);
      expect(unconfined.length).toBeGreaterThan(30);
      expect(as(confine)).toEqual([]);
    } finally {
      host.stop();
    }
  });
});
