import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellRules } from './rules/catalogue.js';
import { ShellCommandPolicy, type ShellDecision } from './shell-command-policy.js';
import type { ShellPolicyOptions } from './policy-options.js';
import { buildFixture } from './testing/corpus.js';

let fixture: ReturnType<typeof buildFixture>;
beforeAll(() => {
  fixture = buildFixture();
});
afterAll(() => fixture.remove());

const check = (command: string, options: ShellPolicyOptions = {}, cwd?: string): ShellDecision =>
  new ShellCommandPolicy({ workspace: fixture.workspace, ...options }).check(command, { cwd });
const rule = (command: string, options?: ShellPolicyOptions): string => check(command, options).rule;

describe('a decision', () => {
  it('carries a frozen plan with the words that were judged', () => {
    const { plan, effect, trace, input } = check('NODE_ENV=test timeout 9 node "a b.js" --x=\'$y\'');
    expect(effect).toBe('allow');
    expect(plan).toEqual({
      argv: ['timeout', '9', 'node', 'a b.js', '--x=$y'],
      program: 'node',
      cwd: fixture.workspace,
      workspace: fixture.workspace,
      env: { NODE_ENV: 'test' },
      protectedPaths: ['.config', '.sessions', '.logs', '.state', 'agent.json', '.git/hooks'].map((name) =>
        join(fixture.workspace, name),
      ),
    });
    expect(Object.isFrozen(plan) && Object.isFrozen(plan?.argv)).toBe(true);
    expect(trace.map(({ layer, effect: said }) => `${layer} ${said}`)).toEqual([
      'syntax allow',
      'deny-rule allow',
      'workspace allow',
    ]);
    expect(input).toBe("NODE_ENV=test timeout 9 node 'a b.js' '--x=$y'");
  });

  it('names rule, place, reason and a way out', () => {
    expect(check('ls src | sh')).toMatchObject({
      effect: 'deny',
      layer: 'syntax',
      rule: 'shell.syntax.pipe',
      span: [9, 11],
      reason: shellRules['shell.syntax.pipe'].reason,
      hint: expect.stringContaining('one simple command'),
    });
    expect(check('timeout 5 rm -fr src')).toMatchObject({
      layer: 'deny-rule',
      rule: 'shell.destructive.remove',
      span: [13, 16],
    });
    expect(check('cat a.txt ../secret')).toMatchObject({
      layer: 'workspace',
      rule: 'shell.workspace.outside',
      span: [10, 19],
    });
  });

  it.each([
    [`'r'm  -rf   "src"`, 'rm -rf src', '-rf'],
    ["  cat   'a.txt' '..'/secret", 'cat a.txt ../secret', '../secret'],
    [`NODE_ENV=test  node "-e"  '1 + 1'`, "NODE_ENV=test node -e '1 + 1'", '-e'],
    ["LD_PRELOAD='./x y.so'   ls", "LD_PRELOAD='./x y.so' ls", "LD_PRELOAD='./x y.so'"],
    ['timeout  5   rm\t-r "src"', 'timeout 5 rm -r src', '-r'],
  ])('gives the place in the canonical form: %s', (command, canonical, marked) => {
    const { input, span } = check(command);
    expect([input, input.slice(...(span ?? []))]).toEqual([canonical, marked]);
  });

  it('gives the place in a line of several commands, redirections and patterns too', () => {
    for (const [command, canonical, marked] of [
      ['ls  |  grep "x"  &&  rm  -rf src', 'ls | grep x && rm -rf src', '-rf'],
      ["ls ;   ls  >'../x'", 'ls; ls > ../x', '> ../x'],
      ['rm -r *.txt  ;  ls', 'rm -r a.txt b.txt innocent.txt; ls', '-r'],
      ['ls;   shred   *.txt', 'ls; shred a.txt b.txt innocent.txt', 'shred'],
    ] as const) {
      const { input, span } = check(command, { relaxed: true });
      expect([input, input.slice(...(span ?? []))]).toEqual([canonical, marked]);
    }
  });

  it('lists every objection in its trace and decides by the first refusal', () => {
    const decision = check('rm -rf ../secret .config');
    expect(decision.rule).toBe('shell.destructive.remove');
    expect(decision.trace.map((step) => step.rule)).toContain('shell.workspace.outside');
  });

  it.each([
    ['ls | sh', ['syntax deny']],
    ['rm -rf src', ['syntax allow', 'deny-rule deny', 'workspace allow']],
    ['cat ../secret', ['syntax allow', 'deny-rule allow', 'workspace deny']],
    ['rm -rf ../secret', ['syntax allow', 'deny-rule deny', 'workspace deny']],
    ['cat .env', ['syntax allow', 'deny-rule ask', 'workspace allow']],
    ['cat a.txt', ['syntax allow', 'deny-rule allow', 'workspace allow']],
  ])('shows the three layers in their order: %s', (command, wanted) => {
    expect(check(command).trace.map(({ layer, effect }) => `${layer} ${effect}`)).toEqual(wanted);
  });

  it('differs in its digest when the policy differs', () => {
    expect(check('ls').policyDigest).not.toBe(check('ls', { inlineCode: 'ask' }).policyDigest);
    expect(check('ls').policyDigest).toBe(check('id').policyDigest);
  });
});

describe('mode and lists', () => {
  it('deny_all refuses everything that parses', () => {
    expect(rule('ls', { mode: 'deny_all' })).toBe('shell.mode.deny-all');
  });

  it('allowlist admits what it names and looks through wrappers', () => {
    const options: ShellPolicyOptions = { mode: 'allowlist', allow: ['git status', 'npm', './run.sh'] };
    for (const command of [
      'git status',
      'git -C src status',
      'npm test',
      'timeout 5 npm test',
      '/usr/bin/npm test',
      './run.sh',
    ]) {
      expect([command, rule(command, options)]).toEqual([command, 'shell.allow']);
    }
    for (const command of [
      'git log',
      'ls',
      'timeout 5 ls',
      'npx tsc',
      './npm test',
      'src/npm test',
      './other.sh',
    ]) {
      expect([command, rule(command, options)]).toEqual([command, 'shell.list.not-allowed']);
    }
  });

  it('never lets an allow list lift a built-in rule', () => {
    expect(rule('rm -rf src', { mode: 'allowlist', allow: ['rm'] })).toBe('shell.destructive.remove');
  });

  it('deny matches the resolved program in every spelling', () => {
    const options: ShellPolicyOptions = { deny: ['git push', 'curl'] };
    for (const command of [
      'git push',
      'git --no-pager push',
      "g'it' push",
      'timeout 5 git push',
      '/usr/bin/git push',
      './git push',
      'env CI=1 curl http://x',
    ]) {
      expect([command, rule(command, options)]).toEqual([command, 'shell.list.denied']);
    }
    for (const command of [
      'yarn eslint .',
      'yarn run eslint',
      'pnpm eslint',
      'bun run eslint',
      'npx eslint .',
    ])
      expect([command, rule(command, { deny: ['eslint'] })]).toEqual([command, 'shell.list.denied']);
    expect(rule('yarn eslint .', { mode: 'allowlist', allow: ['yarn'] })).toBe('shell.allow');
    expect(rule('git status', options)).toBe('shell.allow');
    expect(rule("git commit -m 'curl and git push'", options)).toBe('shell.allow');
  });
});

describe('inlineCode and elevation', () => {
  it.each(["python3 -c 'print(1)'", 'node -e 1', "sh -c 'id'", 'perl -le 1', 'ruby -ne 1'])(
    'decide about %s',
    (command) => {
      expect(check(command).effect).toBe('deny');
      expect(check(command, { inlineCode: 'ask' })).toMatchObject({
        effect: 'ask',
        rule: 'shell.inline-code.ask',
      });
      expect(check(command, { inlineCode: 'allow' }).effect).toBe('allow');
    },
  );

  it('elevation judges the command behind sudo like any other', () => {
    expect(rule('sudo apt-cache policy')).toBe('shell.program.elevation');
    expect(rule('sudo -n ls', { elevation: 'allow' })).toBe('shell.allow');
    expect(rule('sudo rm -rf src', { elevation: 'allow' })).toBe('shell.destructive.remove');
    expect(rule('sudo -s', { elevation: 'allow' })).not.toBe('shell.allow');
  });

  it.each([
    'sudo apt-get update',
    'sudo apt-get install -y ./local.deb',
    'sudo apt-get install -y --no-install-recommends jq ripgrep',
    'sudo DEBIAN_FRONTEND=noninteractive apt-get install -y jq',
    'apt-get install -y g++ libstdc++6',
    'apt install ./a.txt',
    'sudo -n dpkg -i build/tool.deb',
    'dpkg --install build/tool.deb',
    'sudo dpkg -l',
    'sudo rpm -ivh build/tool.rpm',
    'sudo -u root apt-get -q -y install jq',
    'timeout 60 sudo apt-get install jq',
  ])('elevation lets an agent that is root install: %s', (command) => {
    expect(check(command).effect).toBe('deny');
    expect(check(command, { elevation: 'allow' })).toMatchObject({ effect: 'allow', rule: 'shell.allow' });
  });

  it.each([
    'sudo apt-get remove jq',
    'sudo apt-get purge -y jq',
    'sudo apt-get autoremove',
    'sudo apt-get install vim-',
    'sudo apt-get install --purge vim',
    'sudo apt-get install -y --allow-remove-essential x',
    'sudo apt-get install --auto-rem x',
    'sudo apt-get -o APT::Update::Pre-Invoke::=id update',
    'sudo apt-get install -oDpkg::Pre-Invoke::=id x',
    'sudo apt-get -c ./apt.conf install x',
    'sudo apt-get install ../x.deb',
    'sudo apt-get install /tmp/x.deb',
    'sudo apt-get install https://example.org/x.deb',
    'sudo apt-get edit-sources',
    'sudo dpkg -i /etc/x.deb',
    'sudo dpkg --pre-invoke=id -i a.deb',
    'sudo dpkg --root=/ -i a.deb',
    'sudo dpkg -r jq',
    'sudo dpkg --force-all -i a.deb',
    'sudo dpkg --purge jq',
    'sudo rpm -e jq',
    "sudo rpm --eval '%(id)'",
    "sudo rpm -i --define '_x %(id)' a.rpm",
    'sudo rpm --pipe id -qa',
    'sudo LD_PRELOAD=./x.so apt-get install jq',
    'sudo PATH=. apt-get install jq',
    'sudo -E -u root reboot',
    'sudo rm -rf src',
    'sudo mount /dev/sda1 build',
    'sudo chown -R agent src',
    'sudo systemctl stop ssh',
    'sudo sh -c id',
    'sudo bash',
    'sudo -i',
    'sudo env',
    'sudo dd if=/dev/zero of=a.txt',
    'sudo cat /etc/shadow',
    'su -c id',
    'doas rm -rf src',
  ])('elevation opens nothing else: %s', (command) => {
    expect(check(command, { elevation: 'allow' }).effect).toBe('deny');
    expect(check(command, { elevation: 'allow', relaxed: true }).effect).toBe('deny');
  });
});

describe('the workspace', () => {
  it('is where the working directory must be, links resolved', () => {
    expect(check('ls', {}, join(fixture.workspace, 'src')).plan?.cwd).toBe(join(fixture.workspace, 'src'));
    expect(check('cat ../a.txt', {}, join(fixture.workspace, 'src')).effect).toBe('allow');
    expect(check('cat ../../secret', {}, join(fixture.workspace, 'src')).effect).toBe('deny');
    expect(check('ls', {}, join(fixture.workspace, 'link-out')).rule).toBe('shell.workspace.cwd');
    expect(check('ls', {}, '..').rule).toBe('shell.workspace.cwd');
  });

  it('may itself be reached through a link', () => {
    const link = join(fixture.workspace, '../link-to-workspace');
    symlinkSync(fixture.workspace, link);
    const policy = new ShellCommandPolicy({ workspace: link });
    expect(policy.check('cat a.txt').plan?.workspace).toBe(fixture.workspace);
    expect(policy.check(`cat ${link}/a.txt`).effect).toBe('allow');
    expect(policy.check('cat ../secret').effect).toBe('deny');
  });

  it('holds for a link that dangles outside and for one that does not exist yet', () => {
    symlinkSync('/srv/not-there', join(fixture.workspace, 'dangling'));
    expect(rule('tee dangling')).toBe('shell.workspace.outside');
    expect(rule('touch dangling/x')).toBe('shell.workspace.outside');
    expect(rule('touch new/deep/file')).toBe('shell.allow');
  });

  it('protects names also where they do not exist, in any case and alphabet', () => {
    for (const name of [
      '.state/x',
      '.STATE',
      '.sessions',
      'agent.json',
      '.logs/../.logs',
      '.confıg',
      'ａgent.json',
    ]) {
      expect([name, check(`cat ${name}`).effect]).toEqual([name, 'deny']);
    }
    for (const name of ['state', 'sub/agent.json', '.configs', 'my.config', '.logs2']) {
      expect([name, check(`cat ${name}`).effect]).toEqual([name, 'allow']);
    }
  });

  it('lets git configuration be read, not written', () => {
    expect(check('cat .git/config').effect).toBe('allow');
    expect(rule('cp a.txt .git/config')).toBe('shell.workspace.protected');
    expect(rule('cat .git/hooks/pre-commit')).toBe('shell.workspace.protected');
  });

  it('judges what a pattern matches, so that a file name cannot become an option', () => {
    mkdirSync(join(fixture.workspace, 'trap'));
    writeFileSync(join(fixture.workspace, 'trap/-rf'), '');
    writeFileSync(join(fixture.workspace, 'trap/x'), '');
    expect(check('rm *', {}, join(fixture.workspace, 'trap')).rule).toBe('shell.destructive.remove');
    expect(check('ls *.none').plan?.argv).toEqual(['ls', '*.none']);
  });

  it('can be lifted, protected names stay', () => {
    const options: ShellPolicyOptions = { restrictToWorkspace: false };
    expect(rule('cat /etc/hostname', options)).toBe('shell.allow');
    expect(rule('cat .config/agent.json', options)).toBe('shell.workspace.protected');
    expect(rule('cat ../.config/agent.json', options)).toBe('shell.workspace.protected');
    expect(rule('cat /proc/self/environ', options)).toBe('shell.workspace.device');
  });
});

describe('a word of many candidate paths', () => {
  it('is refused as a whole instead of being looked up part by part', () => {
    const { trace } = check(`foo ${'=/'.repeat(4000)}`);
    expect(trace.length).toBeLessThan(8);
    expect(trace.map((step) => step.rule)).toContain('shell.workspace.unreadable');
  });

  it('is judged part by part while the parts are few', () => {
    expect(rule('foo a=b,c=d,e=/etc/hosts')).toBe('shell.workspace.outside');
    expect(check('foo a=b,c=d,e=f').effect).toBe('allow');
  });
});

describe('options', () => {
  it.each([
    [{}, 'workspace'],
    [{ workspace: 'relative' }, 'workspace'],
    [{ workspace: '/' }, 'workspace'],
    [{ workspace: '/w', mode: 'all' }, 'mode'],
    [{ workspace: '/w', allow: 'ls' }, 'allow'],
    [{ workspace: '/w', deny: ['a b c'] }, 'deny'],
    [{ workspace: '/w', relaxed: 1 }, 'relaxed'],
    [{ workspace: '/w', restrictToWorkspace: 'yes' }, 'restrictToWorkspace'],
    [{ workspace: '/w', inlineCode: true }, 'inlineCode'],
    [{ workspace: '/w', elevation: 'ask' }, 'elevation'],
    [{ workspace: '/w', workspce: 1 }, 'workspce'],
  ])('%j is a TypeError that names %s', (options, name) => {
    expect(() => new ShellCommandPolicy(options as never)).toThrow(TypeError);
    expect(() => new ShellCommandPolicy(options as never)).toThrow(name);
  });
});
