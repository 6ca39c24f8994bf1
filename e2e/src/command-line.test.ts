import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import {
  clawforce,
  newInstallation,
  startProduct,
  type CommandOutcome,
  type Installation,
  type Product,
} from './support/product.js';

const artifacts = new URL('../../artifacts/', import.meta.url);

describe('the same tour through the command line', () => {
  let installation: Installation;
  let product: Product;
  const transcript: string[] = [];

  const run = async (...args: string[]): Promise<CommandOutcome> => {
    const outcome = await clawforce(installation, args);
    transcript.push(
      `$ npx clawforce ${args.map((arg) => (/^[\w./:-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}`,
      outcome.stdout + outcome.stderr,
    );
    return outcome;
  };

  beforeAll(() => {
    installation = newInstallation();
  });
  afterAll(async () => {
    mkdirSync(artifacts, { recursive: true });
    writeFileSync(new URL('tour.txt', artifacts), transcript.join('\n'));
    await product.stop();
    installation.remove();
  });

  test('works without a server where the database is enough', async () => {
    const password = randomBytes(12).toString('hex');
    const setup = await clawforce(installation, ['setup', '--password-stdin'], { stdin: `${password}\n` });
    expect(setup).toMatchObject({ code: 0 });
    const created = await clawforce(
      installation,
      ['user', 'create', 'vera', '--role', 'viewer', '--password-stdin'],
      { stdin: password },
    );
    expect(created.code).toBe(0);
    const users = await clawforce(installation, ['user', 'list', '--json']);
    expect(
      (JSON.parse(users.stdout) as { username: string }[]).map(({ username }) => username).sort(),
    ).toEqual(['admin', 'vera']);
    expect(users.stdout).not.toContain(password);
    const start = await clawforce(installation, ['agent', 'list']);
    expect(start.stdout).toMatch(/no agents yet/);
  });

  test('finds the server over its socket', async () => {
    product = await startProduct(installation);
    const list = await run('agent', 'list');
    expect(list.stdout).toMatch(/demo/);
    expect(product.setupToken).toBeUndefined();
  });

  test('starts the demo agent, streams its job and its refusals', async () => {
    expect((await run('agent', 'start', 'demo')).stdout).toMatch(/demo is running/);
    const sent = await run('agent', 'send', 'demo', 'Do your job.');
    expect(sent).toMatchObject({ code: 0 });
    expect(sent.stdout).toMatch(/10 tool calls were refused/);
    expect(sent.stdout.match(/✗ refused/g)).toHaveLength(10);
    expect(sent.stdout).toMatch(/fs\.zone\.hidden/);
  });

  test('runs one tool, asks the policy and reads the audit log', async () => {
    const report = await run('agent', 'exec', 'demo', 'read_file', '{"path":"report.md"}');
    expect(report.stdout).toMatch(/Status: final/);
    const refused = await run('agent', 'exec', 'demo', 'read_file', '{"path":".config/agent.json"}');
    expect(refused.code).toBe(1);
    expect((await run('policy', 'test', 'demo', '--tool', 'exec', '--input', 'rm -rf .')).code).toBe(1);
    expect((await run('policy', 'test', 'demo', '--tool', 'read_file', '--input', 'report.md')).code).toBe(0);
    const audit = await run('audit', 'tail', '-n', '30', '--effect', 'deny');
    expect(audit.stdout).toMatch(/fs\.zone\.hidden/);
    const logs = await run('agent', 'logs', 'demo', '--tail', '100');
    expect(logs.stdout).toMatch(/✗ refused/);
  });

  requires('bwrap').test('an honest command is allowed where commands can be confined', async () => {
    expect((await run('policy', 'test', 'demo', '--tool', 'exec', '--input', 'ls -la')).code).toBe(0);
  });

  test('takes a message from standard input, and says what is wrong with one that is too large', async () => {
    const short = await clawforce(installation, ['agent', 'send', 'demo', '--stdin'], {
      stdin: 'Write the report.',
    });
    expect(short.code).toBe(0);
    const large = await clawforce(installation, ['agent', 'send', 'demo', '--stdin'], {
      stdin: 'x'.repeat(10_000_000),
    });
    expect(large.code).toBe(1);
    expect(large.stderr).toMatch(/PAYLOAD_TOO_LARGE|MESSAGE_TOO_LARGE/);
    expect(large.stderr).not.toMatch(/\bat .*\.js:/);
    for (const args of [[], ['a word', '--stdin']]) {
      const refused = await clawforce(installation, ['agent', 'send', 'demo', ...args], { stdin: 'x' });
      expect(refused.code, args.join(' ')).toBe(64);
    }
  });

  test('stops, and explains what needs the server', async () => {
    expect((await run('agent', 'stop', 'demo')).stdout).toMatch(/demo is stopped/);
    // The event stream that waits for the answer must not keep a refused command alive.
    const refused = await clawforce(installation, ['agent', 'send', 'demo', 'hello']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/AGENT_NOT_RUNNING/);
    await product.stop();
    const offline = await clawforce(installation, ['agent', 'send', 'demo', 'hello']);
    expect(offline.code).toBe(3);
    expect(offline.stderr).toMatch(/SERVER_NOT_RUNNING/);
    const judged = await clawforce(installation, [
      'policy',
      'test',
      'demo',
      '--tool',
      'read_file',
      '--input',
      '../x',
      '--json',
    ]);
    expect(JSON.parse(judged.stdout)).toMatchObject({
      judged_by: 'control-plane',
      decision: { effect: 'deny' },
    });
  });

  test('the tour in the README is what these commands printed', () => {
    const withoutPort = (text: string): string => text.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:0');
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const shown = [...readme.matchAll(/^(\$ npx clawforce .*)\n((?:(?!\$ |```).*\n)*)/gm)].map(
      ([, command = '', output = '']) => [command, withoutPort(output.trim())],
    );
    expect(shown.map(([command]) => command?.split(' ')[4])).toEqual(['start', 'send', 'exec', 'stop']);
    const printed = transcript.flatMap((text, at) =>
      at % 2 === 0 ? [[text, withoutPort((transcript[at + 1] ?? '').trim())]] : [],
    );
    for (const pair of shown) expect(printed).toContainEqual(pair);
  });

  test('npx finds the command in a clone that was installed before anything was built', () => {
    const link = new URL('../../node_modules/.bin/clawforce', import.meta.url);
    accessSync(link, constants.X_OK);
    // Not in dist, which is not there when npm links it.
    expect(realpathSync(link)).toBe(
      realpathSync(new URL('../../apps/control-plane/bin/clawforce.mjs', import.meta.url)),
    );
    expect(execFileSync(fileURLToPath(link), ['version'], { encoding: 'utf8' })).toMatch(/^clawforce \d/);
  });

  test.each([
    [['nonsense'], 64],
    [['agent', 'show', 'nobody'], 1],
    [['serve', '--port', 'many'], 64],
    [['version'], 0],
  ])('%s ends with exit code %i', async (args, code) => {
    expect((await clawforce(installation, args)).code).toBe(code);
  });
});
