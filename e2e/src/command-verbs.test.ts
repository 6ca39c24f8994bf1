import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Api } from './support/api.js';
import { followClawforce } from './support/follow.js';
import {
  clawforce,
  newInstallation,
  startProduct,
  type CommandOutcome,
  type Installation,
  type Product,
} from './support/product.js';

const newPassword = (): string => randomBytes(12).toString('hex');

describe('verbs of the command line against a running server', () => {
  let installation: Installation;
  let product: Product;
  let printed: string;

  const run = (args: readonly string[], stdin?: string): Promise<CommandOutcome> =>
    clawforce(installation, args, stdin === undefined ? {} : { stdin });
  const json = async (...args: string[]): Promise<any> => JSON.parse((await run([...args, '--json'])).stdout);

  beforeAll(async () => {
    installation = newInstallation();
    product = await startProduct(installation, { env: { ADMIN_SETUP_USERNAME: 'ada' } });
  });
  afterAll(async () => {
    await product.stop();
    installation.remove();
  });

  test('ADMIN_SETUP_USERNAME alone names the first user, whose password the link sets', async () => {
    expect(product.output()).toMatch(/Set the password of "ada" with this one-time link/);
    const api = new Api(product.url);
    const password = newPassword();
    const claimed = await api.call('POST', '/api/auth/claim', { token: product.setupToken, password });
    expect(claimed).toMatchObject({ status: 200, body: { username: 'ada' } });
    await api.login('ada', password);
    expect((await api.call('GET', '/api/auth/me')).body).toMatchObject({
      username: 'ada',
      role: 'superadmin',
    });
  });

  test('user reset sets the password and ends every session of the user', async () => {
    const [first, second] = [newPassword(), newPassword()];
    expect(await run(['user', 'create', 'vera', '--password-stdin'], first)).toMatchObject({ code: 0 });
    const sessions = [new Api(product.url), new Api(product.url)];
    for (const api of sessions) await api.login('vera', first);

    expect((await run(['user', 'reset', 'vera'])).stderr).toMatch(/--password-stdin/);
    const short = await run(['user', 'reset', 'vera', '--password-stdin'], 'short');
    expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('PASSWORD_TOO_SHORT') });
    const unknown = await run(['user', 'reset', 'nobody', '--password-stdin'], second);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_FOUND') });
    for (const api of sessions) expect((await api.call('GET', '/api/auth/me')).status).toBe(200);

    const reset = await run(['user', 'reset', 'vera', '--password-stdin', '--json'], second);
    expect(JSON.parse(reset.stdout)).toEqual({ sessions_ended: 2 });
    for (const api of sessions) expect((await api.call('GET', '/api/auth/me')).status).toBe(401);
    await expect(new Api(product.url).login('vera', first)).rejects.toThrow(/CREDENTIALS_INVALID/);
    await new Api(product.url).login('vera', second);
  });

  test('agent create makes an agent of the active backend, or of the one that is named', async () => {
    const made = await run(['agent', 'create', '--name', 'helper', '--description', 'Helps.', '--json']);
    expect(made.code).toBe(0);
    const { id } = JSON.parse(made.stdout) as { id: string };
    expect(await json('agent', 'show', 'helper')).toMatchObject({
      id,
      name: 'helper',
      description: 'Helps.',
      mode: 'process',
      status: 'stopped',
      level: 'permissive',
    });
    expect((await run(['agent', 'create', '--name', 'boxed', '--mode', 'docker'])).code).toBe(0);
    const other = await run(['agent', 'start', 'boxed']);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('BACKEND_MISMATCH') });
    expect((await run(['agent', 'create', '--name', ''])).stderr).toMatch(/\((VALIDATION_FAILED)\)/);
    expect((await json('agent', 'list')).map(({ name }: { name: string }) => name).sort()).toEqual([
      'boxed',
      'demo',
      'helper',
    ]);
  });

  test('agent delete --yes removes the agent with its files, and without --yes nothing when nobody can be asked', async () => {
    const { id } = await json('agent', 'show', 'helper');
    const workspace = join(installation.dataDir, 'agents', id as string, 'workspace');
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, 'notes.txt'), 'kept until it is deleted');

    const refusal = { code: 64, stderr: expect.stringMatching(/--yes .*\(USAGE\)$/m) };
    expect(await run(['agent', 'delete', 'helper'])).toMatchObject({ ...refusal, stdout: '' });
    const forPrograms = await run(['agent', 'delete', 'helper', '--json']);
    expect(forPrograms).toMatchObject(refusal);
    expect(JSON.parse(forPrograms.stdout)).toMatchObject({ code: 'USAGE' });
    expect(existsSync(join(workspace, 'notes.txt'))).toBe(true);
    expect(await json('agent', 'delete', 'helper', '--yes')).toEqual({ deleted: id });
    expect(existsSync(join(installation.dataDir, 'agents', id as string))).toBe(false);
    expect(await run(['agent', 'show', 'helper'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('NOT_FOUND'),
    });
    const events = (await json('audit', 'tail', '--kind', 'agent_lifecycle')) as any[];
    expect(events.filter(({ agent_id: of }) => of === id).map(({ event }) => event.event)).toEqual([
      'create',
      'delete',
    ]);
  });

  test('agent logs --follow and audit tail --follow show what happens while it does, also as JSON lines', async () => {
    expect((await run(['agent', 'start', 'demo'])).code).toBe(0);
    const logs = followClawforce(installation, [
      'agent',
      'logs',
      'demo',
      '--follow',
      '--tail',
      '1',
      '--json',
    ]);
    const people = followClawforce(installation, ['agent', 'logs', 'demo', '--follow', '--tail', '1']);
    const audit = followClawforce(installation, ['audit', 'tail', '--follow', '-n', '1', '--json']);
    // Each is open once it has shown what was there.
    for (const following of [logs, people, audit]) await following.shows(/\n/);
    expect(logs.output() + audit.output()).not.toContain('fs.zone.hidden');

    const refused = await run(['agent', 'exec', 'demo', 'read_file', '{"path":".config/agent.json"}']);
    expect(refused.code).toBe(1);
    for (const following of [logs, people, audit]) await following.shows(/fs\.zone\.hidden/);
    expect(logs.lines().map(({ event }) => event.record?.decision.rule)).toContain('fs.zone.hidden');
    expect(audit.lines().map(({ rule }) => rule)).toContain('fs.zone.hidden');
    expect(people.output()).toMatch(/^\d\d:\d\d:\d\d {3}✗ refused read_file fs\.zone\.hidden /m);
    for (const following of [logs, people, audit]) expect(await following.interrupt()).toBe(0);
  });

  test('agent logs --process shows what the worker printed, and follows it to its end', async () => {
    const following = followClawforce(installation, ['agent', 'logs', 'demo', '--process', '--follow']);
    await following.shows(/"agent_id"/);
    expect((await run(['agent', 'stop', 'demo'])).code).toBe(0);
    expect(await following.ended).toBe(0);
    expect(following.output()).toMatch(/the worker ended/);

    printed = (await run(['agent', 'logs', 'demo', '--process'])).stdout;
    expect(printed).toMatch(/the worker ended/);
  });

  test('without a server the last output can be read, and nothing can be followed', async () => {
    await product.stop();
    expect((await run(['agent', 'logs', 'demo', '--process'])).stdout).toBe(printed);
    for (const verb of [
      ['agent', 'logs', 'demo'],
      ['audit', 'tail'],
    ]) {
      expect(await run([...verb, '--follow'])).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.stringContaining('SERVER_NOT_RUNNING'),
      });
    }
  });

  test('after a restart the output is still there, and a name for the first user comes too late', async () => {
    product = await startProduct(installation, { env: { ADMIN_SETUP_USERNAME: 'grace' } });
    expect((await run(['agent', 'logs', 'demo', '--process'])).stdout).toBe(printed);
    expect(product.output()).toContain(
      '! ADMIN_SETUP_USERNAME has no effect: the first user is "ada" already.',
    );
  });
});
