import { createHmac, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { requires } from '../../tools/host/host-test.js';
import { Api } from './support/api.js';
import { startModelServer, type ModelServer } from './support/model-server.js';
import {
  clawforce,
  newInstallation,
  startProduct,
  waitFor,
  type Installation,
  type Product,
} from './support/product.js';

const password = `failures ${randomBytes(12).toString('hex')}`;
const providerKey = `canary-key-${randomBytes(12).toString('hex')}`;
const script = stringify({
  turns: [
    {
      when: 'slow',
      steps: [{ say: 'one two three four five six seven eight nine ten', word_delay_ms: 500 }],
    },
    {
      when: 'binary',
      steps: [
        { calls: [{ tool: 'read_file', args: { path: 'binary.dat' } }] },
        { say: 'It said: {{ result }}' },
      ],
    },
    { steps: [{ say: 'You said: {{ input }}' }] },
  ],
});

/** Processes of the worker of this installation. */
function workerPids(agentId: string): number[] {
  const out = execFileSync(
    'sh',
    ['-c', `grep -lz 'AGENT_ID=${agentId}' /proc/[0-9]*/environ 2>/dev/null || true`],
    { encoding: 'utf8' },
  );
  return [...out.matchAll(/\/proc\/(\d+)\//g)].map(([, pid]) => Number(pid));
}

/** The same token as if it had been issued so many seconds earlier, signed with the server's own secret. */
function issuedEarlier(token: string, seconds: number, secret: string): string {
  const [header = '', payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number };
  const older = JSON.stringify({ ...claims, iat: claims.iat - seconds, exp: claims.exp - seconds });
  const signed = `${header}.${Buffer.from(older).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/*
 * Every kind of bad input and failure that issue 2 names is tried at the API and at the command line, here or, for what
 * reads standard input, in command-line.test.ts. Three do not exist at the command line: an unknown configuration key and
 * a wrong type in it, since no verb writes a configuration, and a wrong password or expired token, since the command line
 * does not sign in: the operating-system user behind the admin socket is the authority.
 */
describe('bad input and failure', () => {
  let installation: Installation;
  let product: Product;
  let api: Api;
  let id: string;
  const models: ModelServer[] = [];
  /** The one that answers. */
  let served: ModelServer;

  /** Lets the agent ask the model of another provider from the next message on. */
  const useProvider = async (name: string): Promise<void> => {
    const changed = await api.call('PATCH', `/api/agents/${id}/config`, {
      agents: { defaults: { model: `${name}/script` } },
    });
    expect(changed).toMatchObject({ status: 200, body: { applied: 'confirmed' } });
  };
  /** Starts a provider on a port of its own. */
  const serve = async (...answer: Parameters<typeof startModelServer>): Promise<ModelServer> => {
    const server = await startModelServer(...answer);
    models.push(server);
    return server;
  };

  /** Files of the installation that have this text in clear. */
  const filesWith = (text: string): string =>
    execFileSync('sh', ['-c', `grep -rl '${text}' '${installation.dataDir}' || true`], { encoding: 'utf8' });

  const restart = async (): Promise<void> => {
    product = await startProduct(installation);
    api = new Api(product.url);
    await api.login('admin', password);
  };

  beforeAll(async () => {
    installation = newInstallation();
    product = await startProduct(installation);
    api = new Api(product.url);
    await api.claimAndLogin(product.setupToken ?? '', password);
    id = (await api.call('POST', '/api/agents', { name: 'fragile' })).body.id as string;
    const down = await startModelServer();
    await down.close();
    served = await serve('I remember.');
    const nonsense = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"choices": "yes"}\n\n');
    });
    const refusing = await serve((response) => {
      response.writeHead(413, { 'content-type': 'application/json' }).end('{"error":{"message":"too long"}}');
    });
    const at = ({ url }: ModelServer): object => ({ kind: 'openai_compatible', api_base: url });
    const saved = await api.call('PUT', `/api/agents/${id}/config`, {
      agents: { defaults: { model: 'local/script' } },
      providers: {
        local: { kind: 'scripted', script },
        served: { ...at(served), api_key: providerKey },
        down: at(down),
        nonsense: at(nonsense),
        refusing: at(refusing),
      },
    });
    expect(saved.status).toBe(200);
    await api.call('POST', `/api/agents/${id}/start`);
    await api.call('POST', '/api/agents', { name: 'idle' });
    await api.waitForStatus(id, 'running');
  });
  afterAll(async () => {
    await product.stop();
    await Promise.all(models.map((model) => model.close()));
    installation.remove();
  });

  test.each([
    ['an unknown configuration key', 'PUT', '/config', { toolz: {} }, 400, 'CONFIG_INVALID'],
    ['a wrong type', 'PUT', '/config', { tools: { exec: { timeout: 'long' } } }, 400, 'CONFIG_INVALID'],
    ['malformed JSON', 'PUT', '/config', '{"tools":', 400, 'JSON_INVALID'],
    [
      'a level above the maximum',
      'PATCH',
      '/config',
      { security: { docker: { level: 'privileged' } } },
      422,
      'LEVEL_EXCEEDS_MAXIMUM',
    ],
    ['an unknown field', 'POST', '/messages', { text: 'x', agent_id: 'other' }, 400, 'VALIDATION_FAILED'],
    ['an empty message', 'POST', '/messages', { text: '' }, 400, 'VALIDATION_FAILED'],
    [
      'a path out of the workspace',
      'GET',
      '/workspace/..%2f..%2fetc%2fpasswd',
      undefined,
      422,
      'FILE_REFUSED',
    ],
    ['a hidden zone', 'GET', '/workspace/.config/agent.json', undefined, 422, 'FILE_REFUSED'],
    ['a missing file', 'GET', '/workspace/none.txt', undefined, 404, 'NOT_FOUND'],
  ])('%s is a typed error without a stack trace', async (_title, method, path, body, status, code) => {
    const answer = await api.call(method, `/api/agents/${id}${path}`, body);
    expect(answer).toMatchObject({
      status,
      body: { code, request_id: expect.any(String), error: expect.any(String) },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.js:|node_modules|\/src\//);
  });

  test('a missing agent and a wrong path are 404, a wrong method 405', async () => {
    expect((await api.call('GET', '/api/agents/00000000-0000-4000-8000-000000000000')).body).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await api.call('GET', '/api/nothing')).status).toBe(404);
    expect((await api.call('DELETE', '/api/agents')).status).toBe(405);
  });

  test('a stopped agent takes no message and runs no tool', async () => {
    const idle = await api.agentNamed('idle');
    for (const [path, body] of [
      ['messages', { text: 'Are you there?' }],
      ['tools/read_file', { args: { path: 'a.txt' } }],
    ] as const) {
      expect(await api.call('POST', `/api/agents/${idle.id}/${path}`, body)).toMatchObject({
        status: 409,
        body: { code: 'AGENT_NOT_RUNNING', fix: expect.any(String) },
      });
    }
  });

  test('a 10 MB message is refused by size', async () => {
    const answer = await api.call('POST', `/api/agents/${id}/messages`, { text: 'x'.repeat(10_000_000) });
    expect(answer.body).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const longer = await api.call('POST', `/api/agents/${id}/messages`, { text: 'x'.repeat(300_000) });
    expect(longer.body).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });

  test('arguments of a tool that no worker takes are refused by size, at API and command line', async () => {
    const args = { path: 'long.txt', content: 'x'.repeat(600_000) };
    for (const [path, body] of [
      ['tools/write_file', { args }],
      ['policy/test', { tool: 'write_file', args }],
    ] as const) {
      expect(await api.call('POST', `/api/agents/${id}/${path}`, body)).toMatchObject({
        status: 413,
        body: { code: 'PAYLOAD_TOO_LARGE', fix: expect.any(String) },
      });
    }
    expect((await api.call('GET', `/api/agents/${id}/workspace/long.txt`)).status).toBe(404);
    // A word of a command line has 128 KiB at most, but each of these characters has six as JSON.
    const word = '\u0001'.repeat(100_000);
    const said = await clawforce(installation, ['policy', 'test', 'fragile', '--input', word]);
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining('(PAYLOAD_TOO_LARGE)') });
    // The longest text that the tool takes goes through.
    const fits = await api.call('POST', `/api/agents/${id}/tools/write_file`, {
      args: { path: 'long.txt', content: 'x'.repeat(400_000) },
    });
    expect(fits).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('a binary file is an understandable error for the model and the browser', async () => {
    await api.call('PUT', `/api/agents/${id}/workspace/binary.dat`, {
      content: 'a\u0000\u0001\u0002b\u0000',
    });
    const message = await api.send(id, 'binary');
    expect(message.result).toMatch(/binary/i);
    expect((await api.call('GET', `/api/agents/${id}/workspace/binary.dat`)).body).toMatchObject({
      code: 'BINARY_FILE',
    });
  });

  test.each([
    ['is down', 'down', 'MODEL_UNAVAILABLE'],
    ['talks nonsense', 'nonsense', 'MODEL_NONSENSE'],
    ['refuses the request', 'refusing', 'MODEL_REFUSED'],
  ])(
    'a model endpoint that %s fails the message by its code, at API and command line, and nothing else',
    async (_what, provider, code) => {
      await useProvider(provider);
      const [message, said] = await Promise.all([
        api.send(id, 'hello'),
        clawforce(installation, ['agent', 'send', 'fragile', 'hello']),
      ]);
      expect(message).toMatchObject({ state: 'failed', error: { code, message: expect.any(String) } });
      expect(said).toMatchObject({ code: 1 });
      expect(said.stdout + said.stderr).toMatch(new RegExp(`^The message is failed: .+ \\(${code}\\)$`, 'm'));
      expect(JSON.stringify(message) + said.stdout + said.stderr).not.toMatch(/\bat .*\.js:|node_modules/);
      await useProvider('local');
      expect(await api.send(id, 'still there?')).toMatchObject({
        state: 'done',
        result: 'You said: still there?',
      });
    },
  );

  test.each<[string, readonly string[], number, RegExp]>([
    ['a binary file', ['exec', 'fragile', 'read_file', '{"path":"binary.dat"}'], 1, /binary/i],
    [
      'a wrong type',
      ['exec', 'fragile', 'read_file', '{"path":7}'],
      1,
      /^Denied by rule tool\.arguments: .*path/m,
    ],
    [
      'an unknown key',
      ['exec', 'fragile', 'read_file', '{"path":"a","zone":"x"}'],
      1,
      /^Denied by rule tool\.arguments: .*zone/m,
    ],
    ['malformed JSON', ['exec', 'fragile', 'read_file', '{"path":'], 64, /not a JSON object.*\(USAGE\)$/m],
    ['a missing agent', ['send', 'nobody', 'hello'], 1, /\(NOT_FOUND\)/],
    ['a stopped agent', ['send', 'idle', 'hello'], 1, /\(AGENT_NOT_RUNNING\)/],
  ])('%s is said at the command line without a stack trace', async (_what, args, exitCode, sentence) => {
    await api.call('PUT', `/api/agents/${id}/workspace/binary.dat`, { content: 'a\u0000\u0001b' });
    const { code, stdout, stderr } = await clawforce(installation, ['agent', ...args]);
    expect(stdout + stderr).toMatch(sentence);
    expect(code).toBe(exitCode);
    expect(stdout + stderr).not.toMatch(/\bat .*\.js:|node_modules/);
  });

  test('a wrong password and a forged token are refused in the same plain way', async () => {
    const other = new Api(product.url);
    expect(
      (await other.call('POST', '/api/auth/login', { username: 'admin', password: 'wrong' })).body,
    ).toMatchObject({ code: 'CREDENTIALS_INVALID' });
    other.token = `${(api.token ?? '').slice(0, -4)}AAAA`;
    expect((await other.call('GET', '/api/auth/me')).status).toBe(401);
  });

  test('an expired token is refused by name, and a refresh gives one that works', async () => {
    const other = new Api(product.url);
    const credentials = { username: 'admin', password, client: 'api' };
    const { body: signedIn } = await other.call('POST', '/api/auth/login', credentials);
    const secret = readFileSync(join(installation.dataDir, 'admin', 'jwt-secret'), 'utf8').trim();
    other.token = issuedEarlier(signedIn.access_token as string, 60, secret);
    expect((await other.call('GET', '/api/auth/me')).status).toBe(200);

    other.token = issuedEarlier(signedIn.access_token as string, 16 * 60, secret);
    const expired = await other.call('GET', '/api/auth/me');
    expect(expired).toMatchObject({ status: 401, body: { code: 'TOKEN_EXPIRED' } });
    expect(expired.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect((await other.call('POST', `/api/agents/${id}/stop`)).status).toBe(401);
    expect((await api.call('GET', `/api/agents/${id}/status`)).body).toMatchObject({ desired: 'running' });

    other.token = undefined;
    const refreshed = await other.call('POST', '/api/auth/refresh', {
      refresh_token: signedIn.refresh_token as string,
    });
    other.token = refreshed.body.access_token as string;
    expect((await other.call('GET', '/api/auth/me')).body).toMatchObject({ username: 'admin' });
  });

  requires('linux').test(
    'a worker killed in mid-turn is reported failed, its message interrupted, and it restarts on request',
    async () => {
      const send = ['agent', 'send', 'fragile', 'slow please', '--session', 'e2e:kill'];
      const watching = clawforce(installation, send);
      const sent = await waitFor(async () => {
        const { body } = await api.call('GET', `/api/agents/${id}/messages`);
        return (body.items as { id: string; session_key: string; state: string }[]).find(
          ({ session_key: session, state }) => session === 'e2e:kill' && state === 'delivered',
        );
      });
      const pids = workerPids(id);
      expect(pids.length).toBeGreaterThan(0);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      const failed = await api.waitForStatus(id, 'failed');
      expect(failed.reason).toMatch(/SIGKILL|killed/);
      expect(await api.waitForMessage(id, sent.id)).toMatchObject({ state: 'interrupted' });
      expect(await watching).toMatchObject({ code: 1, stderr: expect.stringContaining('is interrupted') });
      await api.call('POST', `/api/agents/${id}/start`);
      await api.waitForStatus(id, 'running');
      expect(await api.send(id, 'hello again')).toMatchObject({
        state: 'done',
        result: 'You said: hello again',
      });
    },
  );

  requires('linux').test(
    'a restart of the control plane keeps agents, configuration and history, and resumes what ran',
    async () => {
      await api.send(id, 'remember me', 'e2e:memory');
      expect(await product.stop('SIGTERM')).toBe(0);
      expect(workerPids(id)).toEqual([]);
      const log = readFileSync(join(installation.dataDir, 'agents', id, '.logs', 'worker.log'), 'utf8');
      expect(log.trimEnd().split('\n').at(-1)).toContain('the worker ended');
      await restart();
      await api.waitForStatus(id, 'running');
      const history = await api.call('GET', `/api/agents/${id}/sessions/e2e:memory`);
      expect(history.body.items.map(({ content }: { content: string }) => content)).toEqual([
        'remember me',
        'You said: remember me',
      ]);
      const lines = readFileSync(
        join(installation.dataDir, 'agents', id, '.sessions', 'e2e%3Amemory.jsonl'),
        'utf8',
      ).split('\n');
      expect(lines.map((line) => line && (JSON.parse(line) as { content: string }).content)).toEqual([
        'remember me',
        'You said: remember me',
        '',
      ]);
      await useProvider('served');
      expect(await api.send(id, 'and now?', 'e2e:memory')).toMatchObject({ result: 'I remember.' });
      expect(served.conversations.at(-1)?.slice(1)).toEqual([
        { role: 'user', content: 'remember me' },
        { role: 'assistant', content: 'You said: remember me' },
        { role: 'user', content: 'and now?' },
      ]);
      await useProvider('local');
    },
  );

  requires('linux').test(
    'a control plane killed without warning loses no message that was answered, and its worker goes on under the next one',
    async () => {
      await api.send(id, 'before the crash', 'e2e:crash');
      const before = workerPids(id);
      await product.stop('SIGKILL');
      await restart();
      await api.waitForStatus(id, 'running');
      expect(before).toHaveLength(1);
      expect(workerPids(id)).toEqual(before);
      const history = await api.call('GET', `/api/agents/${id}/sessions/e2e:crash`);
      expect(history.body.items).toHaveLength(2);
      const log = await api.activity(id);
      const seen = log.map(({ id: cursor }: any) => cursor as number);
      expect(new Set(seen).size).toBe(seen.length);
    },
  );

  test('a second server on the same data says who has it', async () => {
    await expect(startProduct(installation)).rejects.toThrow(/LOCKED/);
  });

  test('the raw database holds no secret in clear', async () => {
    const secret = `canary-${randomBytes(8).toString('hex')}`;
    const saved = await api.call('PUT', `/api/agents/${id}/variables`, {
      variables: { DEMO_SECRET: secret },
    });
    expect(saved.status).toBe(200);
    // Its name is where its value would be.
    expect(filesWith('DEMO_SECRET')).not.toBe('');
    expect(filesWith(secret)).toBe('');
  });

  requires('linux').test(
    'the key of a provider reaches the provider, and no file and no worker',
    async () => {
      await useProvider('served');
      await api.send(id, 'What do you know?');
      await useProvider('local');
      expect(new Set(served.authorizations)).toEqual(new Set([`Bearer ${providerKey}`]));
      const pids = workerPids(id);
      expect(pids).toHaveLength(1);
      const environment = readFileSync(`/proc/${pids[0]}/environ`, 'utf8');
      expect(environment).toContain(id);
      expect(environment).not.toContain(providerKey);
      expect(filesWith(id)).not.toBe('');
      expect(filesWith(providerKey)).toBe('');
    },
  );
});
