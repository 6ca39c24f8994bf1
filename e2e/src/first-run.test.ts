import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Api } from './support/api.js';
import { newInstallation, startProduct, type Installation, type Product } from './support/product.js';

const password = `first ${randomBytes(12).toString('hex')}`;

describe('from npm start to the ten refusals, through the API', () => {
  let installation: Installation;
  let product: Product;
  let api: Api;
  let demo: { id: string };

  beforeAll(async () => {
    installation = newInstallation();
    product = await startProduct(installation, {
      command: ['npm', 'start', '--silent', '--', '--port', '0'],
      // Whatever this host has: docker has a test of its own.
      env: { ADMIN_RUNTIME_BACKEND: 'process' },
    });
    api = new Api(product.url);
  });
  afterAll(async () => {
    await product.stop();
    installation.remove();
  });

  test('the banner names the runtime, what is enforced and what is not, and a one-time link', () => {
    expect(product.output()).toMatch(/Runtime: process/);
    expect(product.output()).toMatch(/✓ File tools cannot leave/);
    expect(product.output()).toMatch(/! /);
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
    expect((await api.call('POST', `/api/agents/${demo.id}/start`)).status).toBe(202);
    await api.waitForStatus(demo.id, 'running');
    expect((await api.call('GET', `/api/agents/${demo.id}/status`)).body).toMatchObject({
      status: 'running',
      desired: 'running',
      backend: 'process',
      level: 'permissive',
      attested: 'none',
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
    for (const { record } of decisions) {
      expect(record.decision.rule).toMatch(/^[a-z]+(\.[a-z0-9-]+)+$/);
      expect(record.decision.reason.length).toBeGreaterThan(10);
    }
    const rules = decisions.map(({ record }) => `${record.tool as string} ${record.decision.rule as string}`);
    expect(rules.filter((rule) => rule.startsWith('read_file'))).toHaveLength(5);
    expect(rules.filter((rule) => rule.startsWith('exec'))).toHaveLength(2);
    expect(rules.filter((rule) => rule.startsWith('write_file'))).toHaveLength(1);
  });

  test('the audit log has the refusals, and the broker refused the redirect on its own word', async () => {
    const { body } = await api.call('GET', `/api/audit?agent_id=${demo.id}&effect=deny&limit=200`);
    const rows = body.items as { kind: string; rule: string; event: any }[];
    expect(rows.filter(({ kind }) => kind === 'policy_decision').length).toBeGreaterThanOrEqual(9);
    const egress = rows.filter(({ kind }) => kind === 'egress');
    expect(egress.some(({ rule }) => rule.startsWith('net.redirect.'))).toBe(true);
    expect(egress.every(({ event }) => event.ext.source === 'broker')).toBe(true);
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
});
