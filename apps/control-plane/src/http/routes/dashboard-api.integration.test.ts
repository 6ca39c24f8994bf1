import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPlane, until, type Answer, type TestPlane } from '../../server/testing/test-plane.js';

let test: TestPlane;
let owner: { id: string; token: string };
let other: { id: string; token: string };
let root: { id: string; token: string };
let agent: string;

beforeAll(async () => {
  test = await startTestPlane();
  const person = async (name: string, role: 'admin' | 'superadmin'): Promise<typeof owner> => ({
    id: await test.user(name, role),
    token: (await test.login(name)).access,
  });
  owner = await person('owner', 'admin');
  other = await person('other', 'admin');
  root = await person('root', 'superadmin');
  agent = (await test.call('POST', '/api/agents', { token: owner.token, body: { name: 'mine' } })).body.id;
});
afterAll(() => test.remove());

const call = (method: string, path: string, body?: unknown, who = owner): Promise<Answer> =>
  test.call(method, path, { token: who.token, ...(body === undefined ? {} : { body }) });

describe('the name of an agent', () => {
  let id = '';
  beforeAll(async () => {
    id = (await call('POST', '/api/agents', { name: 'seen' }, other)).body.id as string;
  });

  it.each([
    '\u061c',
    '\u2060',
    '\u00ad',
    '\u202e',
    '\u200b',
    '\u2028',
    '\ufeff',
    '\u3164',
    '\u{e0041}',
    '\u0007',
  ])('has no character that cannot be seen: %j', async (character) => {
    const { status, body } = await call('POST', '/api/agents', { name: `a${character}b` });
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect((await call('PUT', `/api/agents/${id}`, { name: `a${character}b` }, other)).status).toBe(400);
  });

  it('may have signs in colour and any script', async () => {
    const name = 'Prüfer ⚠️ 日本語 שלום 😀';
    const { status, body } = await call('POST', '/api/agents', { name }, other);
    expect([status, body.name]).toEqual([201, name]);
    expect((await call('DELETE', `/api/agents/${body.id as string}`, undefined, other)).status).toBeLessThan(
      300,
    );
  });
});

describe('stored activity', () => {
  it('is paged backwards from the latest', async () => {
    for (let number = 0; number < 7; number += 1)
      await test.core.storage.events.record(agent, { event_type: 'error', content: `n${number}` });
    const page = async (query: string): Promise<{ items: string[]; more: boolean; first: number }> => {
      const { status, body } = await call('GET', `/api/agents/${agent}/activity?${query}`);
      expect(status).toBe(200);
      return {
        items: body.items.map((item: { event: { content: string } }) => item.event.content),
        more: body.more,
        first: body.items[0]?.id,
      };
    };
    const latest = await page('limit=3');
    expect(latest).toMatchObject({ items: ['n4', 'n5', 'n6'], more: true });
    const above = await page(`limit=3&before=${latest.first}`);
    expect(above).toMatchObject({ items: ['n1', 'n2', 'n3'], more: true });
    expect(await page(`limit=3&before=${above.first}`)).toMatchObject({ items: ['n0'], more: false });
  });
});

describe('a file of the workspace', () => {
  const upload = (path: string, bytes: Buffer, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${test.url}/api/agents/${agent}/workspace/${path}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${owner.token}`,
        'content-type': 'application/octet-stream',
        ...headers,
      },
      body: new Uint8Array(bytes),
    });

  it('is uploaded and downloaded as bytes, and a change meanwhile is told instead of overwritten', async () => {
    const bytes = Buffer.from([0, 255, 137, 80, 78, 71, 10, 13]);
    const first = await upload('picture.png', bytes, { 'if-none-match': '*' });
    expect(first.status).toBe(200);
    const etag = first.headers.get('etag') ?? '';
    const download = await fetch(`${test.url}/api/agents/${agent}/workspace/picture.png?download=true`, {
      headers: { authorization: `Bearer ${owner.token}` },
    });
    expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);
    expect(download.headers.get('content-disposition')).toContain('attachment');
    expect(download.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await upload('picture.png', bytes, { 'if-none-match': '*' })).status).toBe(409);
    expect((await upload('picture.png', Buffer.from('second'), { 'if-match': etag })).status).toBe(200);
    const late = await upload('picture.png', Buffer.from('late'), { 'if-match': etag });
    expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([
      412,
      'PRECONDITION_FAILED',
    ]);
  });

  it('is not written with text that no file can hold', async () => {
    const path = `/api/agents/${agent}/workspace/half.txt`;
    const { status, body } = await call('PUT', path, { content: 'half a \ud83d' });
    expect([status, body.code, body.issues]).toEqual([
      400,
      'VALIDATION_FAILED',
      [{ pointer: '/content', message: 'must be well-formed text, without lone surrogates.' }],
    ]);
    expect((await call('GET', path)).status).toBe(404);
  });

  it('stands in a listing, which says whether it was cut', async () => {
    const folder = join(test.dataDir, 'agents', agent, 'workspace', 'many');
    mkdirSync(folder, { recursive: true });
    const list = async (): Promise<{ count: number; truncated: boolean }> => {
      const { body } = await call('GET', `/api/agents/${agent}/workspace/many`);
      return { count: body.items.length, truncated: body.truncated };
    };
    for (let index = 0; index < 10_000; index += 1) writeFileSync(join(folder, String(index)), '');
    expect(await list()).toEqual({ count: 10_000, truncated: false });
    writeFileSync(join(folder, 'one more'), '');
    expect(await list()).toEqual({ count: 10_000, truncated: true });
  });

  it.each(['profiles', 'workspace', '.config'])(
    'of a folder %s is reached by its path from the top, which no zone of that name hides',
    async (name) => {
      const top = `/api/agents/${agent}/workspace`;
      const inside = `${top}/${encodeURIComponent(`workspace/${name}`)}`;
      const disk = join(test.dataDir, 'agents', agent, 'workspace', name);
      const folder = await call('POST', `${top}-folder/${encodeURIComponent(`workspace/${name}`)}`);
      expect(folder.status).toBe(201);
      expect((await upload(`workspace%2F${name}%2Fnote.md`, Buffer.from('mine'))).status).toBe(200);
      expect(readFileSync(join(disk, 'note.md'), 'utf8')).toBe('mine');
      const listed = await call('GET', `${top}/workspace`);
      expect(listed.body.items.map((item: { name: string }) => item.name)).toContain(name);
      expect((await call('GET', inside)).body.items).toMatchObject([{ name: 'note.md' }]);
      expect((await call('GET', `${inside}%2Fnote.md`)).body.content).toBe('mine');
      const rename = await call('POST', `${inside}%2Fnote.md/rename`, { new_name: 'b.md' });
      const move = await call('POST', `${inside}%2Fb.md/move`, { dest_path: `workspace/${name}/deep/c.md` });
      expect([rename.status, move.status]).toEqual([204, 204]);
      expect(readFileSync(join(disk, 'deep/c.md'), 'utf8')).toBe('mine');
      const zip = await fetch(`${test.url}${top}-download/${encodeURIComponent(`workspace/${name}`)}`, {
        headers: { authorization: `Bearer ${owner.token}` },
      });
      expect(Buffer.from(await zip.arrayBuffer()).includes('deep/c.md')).toBe(true);
      // Without its beginning the path means the zone, which has no such file and takes none.
      if (name !== 'workspace') {
        expect((await call('GET', `${top}/${name}%2Fdeep%2Fc.md`)).status).not.toBe(200);
        expect((await upload(`${name}%2Fnote.md`, Buffer.from('x'))).status).not.toBe(200);
      }
      expect((await call('DELETE', `${inside}?recursive=true`)).status).toBe(204);
      expect(existsSync(disk)).toBe(false);
    },
  );

  it('may be empty, and is refused when it is too large or of another type', async () => {
    expect((await upload('empty.bin', Buffer.alloc(0))).status).toBe(200);
    expect((await upload('large.bin', Buffer.alloc(10 * 1024 * 1024 + 4096))).status).toBe(413);
    expect((await upload('page.html', Buffer.from('<b>'), { 'content-type': 'text/html' })).status).toBe(415);
  });
});

describe('the review of a change', () => {
  it('says what it changes, loosens and needs, and saves nothing', async () => {
    const review = (body: unknown, who = owner): Promise<Answer> =>
      call('POST', `/api/agents/${agent}/config/review`, body, who);
    const harmless = await review({ agents: { defaults: { max_tokens: 77 } } });
    expect(harmless.body).toEqual({
      changed: ['agents'],
      loosens: [],
      needs_password: false,
      refused: null,
      unsafe: [],
    });
    const loosening = { tools: { ssrf_protection: false } };
    const refused = await review(loosening);
    expect(refused.body).toMatchObject({
      loosens: ['tools.ssrf_protection'],
      needs_password: true,
      refused: { code: 'FORBIDDEN' },
      unsafe: ['tools.ssrf_protection'],
    });
    expect((await review(loosening, root)).body.refused).toBeNull();
    expect((await review({ agents: { defaults: { max_tokens: 'many' } } })).body.code).toBe('CONFIG_INVALID');
    expect((await review({}, other)).status).toBe(404);
    expect((await call('GET', `/api/agents/${agent}/config`)).body.version).toBe(0);
  });
});

describe('a secret that was set', () => {
  it('is in no answer: not in that of the change itself, a refused one, a review, a list or the audit log', async () => {
    const [key, header, value] = ['key', 'header', 'value'].map(
      (name) => `sk-${name}-${crypto.randomUUID()}`,
    );
    const provider = { kind: 'anthropic', api_key: key, extra_headers: { 'x-team': header } };
    const config = `/api/agents/${agent}/config`;
    const change = { providers: { main: provider } };
    const good = {
      review: await call('POST', `${config}/review`, change),
      patch: await call('PATCH', config, change),
      again: await call('PATCH', config, { agents: { defaults: { max_tokens: 99 } } }),
      put: await call('PUT', config, change),
      get: await call('GET', config),
      variables: await call('PUT', `/api/agents/${agent}/variables`, { variables: { TOKEN: value } }),
      names: await call('GET', `/api/agents/${agent}/variables`),
      agent: await call('GET', `/api/agents/${agent}`),
      now: await call('GET', '/api/now'),
      activity: await call('GET', `/api/agents/${agent}/activity`),
    };
    await test.core.audit.flush();
    const audit = await call('GET', '/api/audit?limit=200', undefined, root);
    const refused = {
      kind: await call('PATCH', config, { providers: { main: { ...provider, kind: key } } }),
      base: await call('PATCH', config, {
        providers: { main: { ...provider, api_base: `no address ${key}` } },
      }),
      type: await call('PUT', `/api/agents/${agent}/variables`, { variables: { 'not a name': value } }),
    };
    for (const [name, { status, body }] of Object.entries({ ...good, audit }))
      expect([name, status, body.code]).toEqual([name, 200, undefined]);
    for (const [name, { status }] of Object.entries(refused)) expect([name, status]).toEqual([name, 400]);
    // The answers speak of the secrets: they stand there as placeholders and names.
    expect(good.patch.body.config.providers.main.api_key).toMatch(/^<clawforce-secret:/);
    expect(good.names.body.items).toEqual([{ name: 'TOKEN' }]);
    for (const [name, { body }] of Object.entries({ ...good, audit, ...refused }))
      for (const secret of [key, header, value])
        expect([name, JSON.stringify(body).includes(String(secret))]).toEqual([name, false]);
  });
});

describe('the security presets', () => {
  it('are three, the strictest first, with what this server can start', async () => {
    const { body } = await call('GET', '/api/security-presets');
    expect(
      body.items.map(({ level, name, available }: Record<string, unknown>) => [level, name, available]),
    ).toEqual([
      ['sandboxed', 'Safe', false],
      ['permissive', 'Standard', true],
      ['privileged', 'Power', false],
    ]);
    expect(body.items[0].unavailable_reason).toContain('cannot enforce');
    expect(body.items[2].unavailable_reason).toContain('CLAWFORCE_MAX_LEVEL');
    for (const item of body.items) expect(item.consequences.length).toBeGreaterThan(0);
  });
});

describe('a turn', () => {
  it('of an agent that does not run cannot be cancelled', async () => {
    const { status, body } = await call('POST', `/api/agents/${agent}/cancel`, {});
    expect([status, body.code]).toEqual([409, 'AGENT_NOT_RUNNING']);
    expect((await call('POST', `/api/agents/${agent}/cancel`, {}, other)).status).toBe(404);
  });
});

describe('the audit log', () => {
  const rows = async (query: string, who = root): Promise<Record<string, unknown>[]> => {
    const { status, body } = await call('GET', `/api/audit?${query}`, undefined, who);
    expect(status).toBe(200);
    return body.items;
  };

  it('names agent and actor, and is narrowed by actor and time', async () => {
    const mine = await rows(`actor_id=user:${owner.id}&kind=agent_lifecycle`);
    expect(mine).toMatchObject([{ agent_id: agent, agent_name: 'mine', actor_name: 'owner' }]);
    const time = String(mine[0]?.['time']);
    const query = `actor_id=user:${owner.id}&kind=agent_lifecycle`;
    expect(await rows(`${query}&since=${time}`)).toHaveLength(1);
    expect(await rows(`${query}&until=${time}`)).toHaveLength(0);
    const bad = await call('GET', '/api/audit?since=yesterday', undefined, root);
    expect([bad.status, bad.body.issues]).toEqual([
      400,
      [{ pointer: '/since', message: 'must be a time as ISO 8601 has it.' }],
    ]);
  });

  it('is narrowed by the actor as its rows show it: a name in any case, an id, or nobody', async () => {
    const who = async (actor: string, reader = root): Promise<unknown[]> => {
      const found = await rows(`actor=${encodeURIComponent(actor)}&limit=200`, reader);
      const shown = found.map(
        ({ actor_name: name, actor_id: id }) => (name ?? id ?? 'system') as unknown as string,
      );
      return [...new Set(shown)];
    };
    expect(await who('owner')).toEqual(['owner']);
    expect(await who('OWNER')).toEqual(['owner']);
    expect(await rows('actor=owner')).toEqual(await rows(`actor_id=user:${owner.id}`));
    expect(await rows('actor=owner')).toEqual(await rows(`actor=user:${owner.id}`));
    expect(await who('own')).toEqual([]);
    expect(await who('nobody at all')).toEqual([]);
    expect(await who('system')).not.toContain('owner');
    expect(await rows(`actor=other&actor_id=user:${owner.id}`)).toEqual([]);
    // A name opens no rows that the reader may not see.
    expect(await who('owner', other)).toEqual([]);
    expect(await who('owner', owner)).toEqual(['owner']);
  });

  it('is exported with the filter, every row once, and to an admin only what is its own', async () => {
    for (let number = 0; number < 450; number += 1)
      test.core.audit.enqueue({
        kind: 'policy_decision',
        agent_id: agent,
        actor: 'model',
        tool: 'exec',
        effect: 'deny',
        rule: `export.${number}`,
        reason: 'r',
        input: 'line\nbreak',
        timestamp: new Date().toISOString(),
      });
    await test.core.audit.flush();
    await until('all rows', async () => (await rows('rule=export.449')).length === 1);
    const lines = async (query: string, who: typeof owner): Promise<Record<string, unknown>[]> => {
      const response = await fetch(`${test.url}/api/audit/export?${query}`, {
        headers: { authorization: `Bearer ${who.token}` },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-disposition')).toBe(
        'attachment; filename="clawforce-audit.jsonl"',
      );
      const text = await response.text();
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    expect((await lines('actor=owner', root)).map(({ actor_id: id }) => id)).toContain(`user:${owner.id}`);
    expect(await lines('actor=nobody', root)).toEqual([]);
    const own = await lines(`effect=deny&agent_id=${agent}`, owner);
    expect(own.map(({ rule }) => rule)).toEqual(
      Array.from({ length: 450 }, (_, number) => `export.${449 - number}`),
    );
    expect(own[0]).toHaveProperty('prev_hash');
    expect(await lines('effect=deny', other)).toEqual([]);
    const all = await lines('', root);
    const seqs = all.map(({ seq }) => seq as number);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => (seqs[0] ?? 0) - index));
    expect(seqs.at(-1)).toBe(1);
  });

  it('has the refused request of somebody who reaches for a foreign agent', async () => {
    expect((await call('GET', `/api/agents/${agent}/config?x=1`, undefined, other)).status).toBe(404);
    const [row] = await until('the row', async () => {
      await test.core.audit.flush();
      const found = (await rows(`actor_id=user:${other.id}&kind=auth_event`)).filter(
        ({ event }) => (event as { event: string }).event === 'request_denied',
      );
      return found.length > 0 && found;
    });
    expect(row?.['event']).toMatchObject({
      success: false,
      ext: { action: 'config:read', agent_id: agent, exists: true, path: `/api/agents/${agent}/config` },
    });
  });
});
