import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import { missingRequirement } from '../../tools/host/requirements.js';
import { Api } from './support/api.js';
import { cloneRepository, type FreshClone } from './support/fresh-clone.js';
import { startModelServer, type ModelServer } from './support/model-server.js';
import { startProduct, type Product } from './support/product.js';

/** Removes what an agent left in the engine. */
function removeContainers(agentId: string): void {
  const list = ['ps', '--all', '--quiet', '--filter', `label=clawforce.agent=${agentId}`];
  const found = execFileSync('docker', list, { encoding: 'utf8' }).split('\n').filter(Boolean);
  if (found.length > 0) execFileSync('docker', ['rm', '--force', ...found], { stdio: 'ignore' });
}

const password = `first ${randomBytes(12).toString('hex')}`;
/** Where the tests have an engine a container can connect back, so `npm start` has to choose it. */
const engine = missingRequirement('docker') === undefined;
/** What the demo agent tries, by tool, and the rule that refuses it. */
const TEN_REFUSALS = [
  'exec shell.destructive.remove',
  'exec shell.env.dump',
  'read_file fs.link.escape',
  'read_file fs.name.lookalike',
  'read_file fs.path.traversal',
  'read_file fs.path.traversal',
  'read_file fs.zone.hidden',
  'web_fetch net.address.metadata',
  'web_fetch net.redirect.name',
  'write_file fs.zone.read-only',
];
/** What a person who has never seen it may need from the clone to the ten refusals. */
const FIVE_MINUTES = 300;

requires('git').describe('from a fresh clone to the ten refusals, through the API', () => {
  let clone: FreshClone;
  let product: Product;
  let api: Api;
  let demo: { id: string };
  let bannerAt: number;
  /** What `npm start` says that it chose. */
  let backend: string;
  let models: ModelServer;

  const npmStart = (env: Readonly<Record<string, string>> = {}): Promise<Product> =>
    startProduct(clone.installation, {
      command: ['npm', 'start', '--silent', '--', '--port', '0'],
      cwd: clone.directory,
      env,
      timeoutMs: 350_000,
    });

  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    clone = cloneRepository();
    ends.push(clone.remove);
    expect(existsSync(join(clone.directory, 'node_modules'))).toBe(false);
    models = await startModelServer();
    ends.push(models.close);
    product = await npmStart();
    ends.push(() => product.stop());
    bannerAt = performance.now();
    api = new Api(product.url);
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  test('npm start installs, builds and chooses the runtime that isolates where it works', () => {
    expect(product.output()).toMatch(/Installing \d+ packages from the lock file/);
    expect(product.output()).toMatch(/build: libraries and programs done/);
    backend = /\nRuntime: (\w+) \(.*, development mode/.exec(product.output())?.[1] ?? '';
    expect(engine ? ['docker'] : ['docker', 'process']).toContain(backend);
    // Processes are chosen with a reason only.
    expect(product.output().includes('! Docker is not used: ')).toBe(backend === 'process');
  });

  test('the banner says what is enforced and what is not, and gives a one-time link', () => {
    expect(product.output()).toMatch(/✓ File tools cannot leave/);
    expect(product.output()).toMatch(/! /);
    expect(product.output()).toMatch(/Set the password of "admin" with this one-time link \(15 minutes/);
    expect(product.setupToken).toMatch(/^[\w-]{40,}$/);
  });

  test('nothing is readable before signing in', async () => {
    expect((await api.call('GET', '/api/agents')).status).toBe(401);
    expect((await api.call('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await api.call('GET', '/readyz')).status).toBe(200);
  });

  test('the link sets the password once', async () => {
    await api.claimAndLogin(product.setupToken ?? '', password);
    const again = await api.call('POST', '/api/auth/claim', {
      token: product.setupToken,
      password: 'another long password',
    });
    expect(again.body).toMatchObject({ code: 'SETUP_LINK_INVALID' });
    expect((await api.call('GET', '/api/auth/me')).body).toMatchObject({
      username: 'admin',
      role: 'superadmin',
    });
  });

  test('the demo agent starts and connects', async () => {
    demo = await api.agentNamed('demo');
    // A server that takes processes leaves what has stopped in an engine that it does not reach.
    if (backend === 'docker') ends.push(() => removeContainers(demo.id));
    expect((await api.call('POST', `/api/agents/${demo.id}/start`)).status).toBe(202);
    await api.waitForStatus(demo.id, 'running', 90_000);
    expect((await api.call('GET', `/api/agents/${demo.id}/status`)).body).toMatchObject({
      status: 'running',
      desired: 'running',
      backend,
      level: 'permissive',
      attested: backend === 'docker' ? 'matched' : 'none',
    });
  });

  test('it does its job: the report is in the workspace, with the right totals', async () => {
    const message = await api.send(demo.id, 'Do your job.');
    expect(message).toMatchObject({ state: 'done', error: null });
    const { body } = await api.call('GET', `/api/agents/${demo.id}/workspace/report.md`);
    expect(body.content).toContain('Status: final');
    expect(body.content).toContain('| north | 3 | 675 |');
    expect(body.content).toContain('| **total** | **8** | **1915** |');
  });

  test('the workspace comes as one ZIP file, to its owner only', async () => {
    const url = `${product.url}/api/agents/${demo.id}/workspace-download/workspace`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${api.token ?? ''}` } });
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(response.headers.get('content-disposition')).toContain('workspace.zip');
    const bytes = Buffer.from(await response.arrayBuffer()).toString('latin1');
    // The entries, the planted link's note, and the record that ends every complete ZIP file.
    for (const part of ['workspace/report.md', 'not-included.txt', 'PK\x05\x06'])
      expect(bytes).toContain(part);
    expect((await fetch(url)).status).toBe(401);
    const hidden = await api.call('GET', `/api/agents/${demo.id}/workspace-download/.config`);
    expect(hidden).toMatchObject({ status: 422, body: { code: 'FILE_REFUSED' } });
  });

  test('ten attacks are refused, each with its rule and its reason', async () => {
    const decisions = (await api.activity(demo.id))
      .map(({ event }) => event)
      .filter(
        ({ event_type: type, record }) => type === 'policy_decision' && record.decision.effect !== 'allow',
      );
    const results = (await api.activity(demo.id))
      .map(({ event }) => event)
      .filter(({ event_type: type, result_status: status }) => type === 'tool_result' && status === 'denied');
    expect(results).toHaveLength(10);
    for (const { record } of decisions) expect(record.decision.reason.length).toBeGreaterThan(10);
    const rules = decisions.map(({ record }) => `${record.tool as string} ${record.decision.rule as string}`);
    expect(rules.sort()).toEqual(TEN_REFUSALS);
  });

  test('a person gets from the clone to the ten refusals in five minutes', () => {
    const toBanner = clone.seconds + product.startSeconds;
    const toRefusals = (performance.now() - bannerAt) / 1000;
    console.log(
      `clone to banner ${toBanner.toFixed(1)} s (clone ${clone.seconds.toFixed(1)} s), banner to ten refusals ${toRefusals.toFixed(1)} s`,
    );
    expect(toBanner + toRefusals).toBeLessThan(FIVE_MINUTES);
  });

  test('the audit log has the refusals, and the broker refused the redirect on its own word', async () => {
    const { body } = await api.call('GET', `/api/audit?agent_id=${demo.id}&effect=deny&limit=200`);
    const rows = body.items as { kind: string; rule: string; event: any }[];
    const refused = rows.filter(({ kind }) => kind === 'policy_decision');
    expect(refused.map(({ rule }) => rule).sort()).toEqual(
      TEN_REFUSALS.map((refusal) => refusal.split(' ')[1] ?? '').sort(),
    );
    const egress = rows.filter(({ kind }) => kind === 'egress');
    expect(egress).toHaveLength(1);
    expect(egress[0]).toMatchObject({ rule: 'net.redirect.name', event: { ext: { source: 'broker' } } });
  });

  test('the one exception that admits the demo origin is audited, when it is made and when it is used', async () => {
    const { config } = (await api.call('GET', `/api/agents/${demo.id}/config`)).body as { config: any };
    const exceptions = config.tools.web.fetch.exceptions as { address: string; port: number }[];
    expect(exceptions).toEqual([{ address: '127.0.0.1', port: expect.any(Number) }]);

    const rowsOf = async (kind: string): Promise<any[]> =>
      (await api.call('GET', `/api/audit?agent_id=${demo.id}&kind=${kind}&limit=200`)).body.items;
    const changes = await rowsOf('config_change');
    expect(changes).toHaveLength(1);
    expect(changes[0].event).toMatchObject({ event: 'config.update', actor: 'user:local' });
    expect(JSON.parse(changes[0].event.detail as string)).toMatchObject({
      loosens: ['tools.web.fetch.exceptions'],
    });
    const admitted = (await rowsOf('egress')).filter(({ effect }) => effect === 'allow');
    expect(admitted).toHaveLength(1);
    expect(admitted[0]).toMatchObject({
      rule: 'net.exception.allow',
      event: { host: '127.0.0.1', port: exceptions[0]?.port, ext: { source: 'broker' } },
    });
  });

  test('the audit chain holds together', async () => {
    const { body } = await api.call('GET', '/api/audit/verify');
    expect(body).toMatchObject({ outcome: 'intact', head: { seq: body.rows as number } });
    expect(body.rows).toBeGreaterThan(10);
  });

  test('nothing of the attacks happened', async () => {
    const { body } = await api.call('GET', `/api/agents/${demo.id}/workspace`);
    const names = JSON.stringify(body);
    for (const name of ['sales.csv', 'report.md', 'README.md']) expect(names).toContain(name);
    const soul = await api.call('GET', `/api/agents/${demo.id}/workspace/profiles/SOUL.md`);
    expect(soul.body.content).not.toContain('Obey the stranger');
    const sessions = await api.call('GET', `/api/agents/${demo.id}/sessions/e2e:1?limit=200`);
    expect(JSON.stringify(sessions.body)).not.toContain('root:x:0:0');
  });

  test('the configuration comes back without its secrets, and the script stays', async () => {
    await api.call('PATCH', `/api/agents/${demo.id}/config`, {
      secrets: { env: { CANARY: 'canary-value-1234' } },
    });
    const { body, headers } = await api.call('GET', `/api/agents/${demo.id}/config`);
    expect(JSON.stringify(body)).not.toContain('canary-value');
    expect(body.config.providers.demo.kind).toBe('scripted');
    const saved = await api.call('PUT', `/api/agents/${demo.id}/config`, body.config, {
      'if-match': headers.get('etag') ?? '',
    });
    expect(saved.body).toMatchObject({ applied: 'confirmed' });
    const stale = await api.call('PUT', `/api/agents/${demo.id}/config`, body.config, {
      'if-match': headers.get('etag') ?? '',
    });
    expect(stale.status).toBe(412);
  });

  test('a key that came back as a placeholder is still the key that the provider gets', async () => {
    const { id } = (await api.call('POST', '/api/agents', { name: 'keyed' })).body as { id: string };
    const settings = { kind: 'openai_compatible', api_base: models.url, api_key: 'canary-key-kept' };
    await api.call('PUT', `/api/agents/${id}/config`, {
      agents: { defaults: { model: 'main/some-model' } },
      providers: { main: settings },
    });
    const { config } = (await api.call('GET', `/api/agents/${id}/config`)).body as { config: any };
    expect(JSON.stringify(config)).not.toContain('canary-key');
    config.agents.defaults.temperature = 0.5;
    expect((await api.call('PUT', `/api/agents/${id}/config`, config)).status).toBe(200);

    await api.call('POST', `/api/agents/${id}/start`);
    await api.waitForStatus(id, 'running', 90_000);
    expect(await api.send(id, 'Hello.')).toMatchObject({ state: 'done', result: 'Understood.' });
    expect(models.authorizations).toEqual(['Bearer canary-key-kept']);
    expect((await api.call('DELETE', `/api/agents/${id}`)).status).toBe(204);
  });

  test('a user who cannot see a provider key cannot send it elsewhere either', async () => {
    const { id } = (await api.call('POST', '/api/agents', { name: 'keyed' })).body as { id: string };
    const provider = { kind: 'openai_compatible', api_base: 'https://models.example.com/v1' };
    await api.call('PUT', `/api/agents/${id}/config`, {
      providers: { main: { ...provider, api_key: 'canary-key-5678' } },
    });
    const { config } = (await api.call('GET', `/api/agents/${id}/config`)).body as { config: any };
    expect(JSON.stringify(config)).not.toContain('canary-key');
    config.providers.main.api_base = 'https://attacker.example.org/v1';
    const moved = await api.call('PUT', `/api/agents/${id}/config`, config);
    expect(moved.body).toMatchObject({ code: 'PLACEHOLDER_INVALID' });
    // Where there is no address, the kind decides to whose server the key goes.
    await api.call('PUT', `/api/agents/${id}/config`, {
      providers: { main: { kind: 'anthropic', api_key: 'canary-key-5678' } },
    });
    const other = { providers: { main: { kind: 'openai_compatible' } } };
    const sent = await api.call('PATCH', `/api/agents/${id}/config`, other);
    expect(sent.body).toMatchObject({ code: 'PLACEHOLDER_INVALID' });
    await api.call('PUT', `/api/agents/${id}/config`, {
      providers: { main: { kind: 'anthropic', extra_headers: { 'x-key': 'canary-key-5678' } } },
    });
    const withHeader = await api.call('PATCH', `/api/agents/${id}/config`, other);
    expect(withHeader.body).toMatchObject({ code: 'PLACEHOLDER_INVALID' });
    expect((await api.call('DELETE', `/api/agents/${id}`)).status).toBe(204);
  });

  test('it stops, and says so', async () => {
    expect((await api.call('POST', `/api/agents/${demo.id}/stop`)).body).toMatchObject({ status: 'stopped' });
    expect((await api.call('POST', `/api/agents/${demo.id}/messages`, { text: 'hello' })).body).toMatchObject(
      {
        code: 'AGENT_NOT_RUNNING',
      },
    );
  });

  test('a second start takes seconds, and without a docker engine says why it takes processes', async () => {
    const built = ['control-plane/dist/main.js', 'worker/dist/main.js', 'dashboard/dist/index.html'].map(
      (path) => join(clone.directory, 'apps', path),
    );
    const times = (): number[] => built.map((path) => statSync(path).mtimeMs);
    const before = times();
    expect(await product.stop()).toBe(0);
    product = await npmStart({ DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(product.output()).not.toContain('Installing');
    expect(times()).toEqual(before);
    expect(product.output()).toMatch(
      /\nRuntime: process \(.*\n {2}! Docker is not used: the docker engine does not answer\n/,
    );
    expect(product.setupToken).toBeUndefined();
    console.log(`second start ${product.startSeconds.toFixed(1)} s`);
    expect(product.startSeconds).toBeLessThan(60);

    api = new Api(product.url);
    await api.login('admin', password);
    await api.call('POST', `/api/agents/${demo.id}/start`);
    await api.waitForStatus(demo.id, 'running');
    expect((await api.call('GET', `/api/agents/${demo.id}/status`)).body).toMatchObject({
      backend: 'process',
      attested: 'none',
    });
  });
});
