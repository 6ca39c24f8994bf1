import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { agentConfigSchema } from '@clawforce/protocol/config';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import type { JsonValue } from '../storage/configs/config-store.js';
import {
  openTestStorage,
  postgresqlDatabase,
  sqliteDatabase,
  type TestDatabase,
  type TestStorage,
} from '../storage/testing/test-storage.js';
import { createConfigVault, type VaultAccess } from './config-vault.js';
import { createKeyRing } from './key-ring.js';
import { secretPathsOf } from './secret-paths.js';
import { createVault } from './vault.js';

const isSecret = secretPathsOf(agentConfigSchema);
const purpose = 'test';

function suite(make: () => Promise<TestDatabase>, rawBytes: (test: TestStorage) => Promise<string>): void {
  let opened: TestStorage;
  beforeAll(async () => {
    opened = await openTestStorage(make);
  });
  afterAll(() => opened.close());

  const keys = [randomBytes(32), randomBytes(32)] as const;
  const accesses: VaultAccess[] = [];
  const vaultOf = (...ring: readonly Uint8Array[]) =>
    createConfigVault({
      vault: createVault(createKeyRing(ring)),
      isSecret,
      onAccess: (access) => accesses.push(access),
    });
  const vault = vaultOf(keys[0]);
  const agent = async (): Promise<string> =>
    (
      await opened.storage.agents.create({
        name: 'a',
        ownerUserId: null,
        mode: 'process',
        level: 'permissive',
      })
    ).id;
  const configWith = (key: string, variable = 'v'): JsonValue => ({
    providers: { main: { kind: 'anthropic', api_key: key } },
    secrets: { env: { TOKEN: variable } },
  });

  test('the outline of a configuration holds no secret and opens none', async () => {
    const { configs } = opened.storage;
    const id = await agent();
    expect(await vault.outline(configs, id)).toBeUndefined();
    const tools = { web: { fetch: { allowlist: ['example.com'] } } };
    await vault.write(configs, id, { ...(configWith('the key') as object), tools }, { purpose });
    const seen = accesses.length;
    // Whoever holds no key of it can read the outline all the same.
    for (const reader of [vault, vaultOf(keys[1])]) {
      expect(await reader.outline(configs, id)).toEqual({ ...(configWith('', '') as object), tools });
    }
    expect(accesses.length).toBe(seen);
    await expect(vaultOf(keys[1]).read(configs, id, purpose)).rejects.toThrow();
  });

  test('what is written is read back, and an unchanged secret keeps its sealed text', async () => {
    const { configs } = opened.storage;
    const id = await agent();
    expect(await vault.read(configs, id, purpose)).toBeUndefined();
    await vault.write(configs, id, configWith('one', 'same'), { purpose, ifVersion: 0 });
    const before = await configs.secrets(id);
    await vault.write(configs, id, configWith('two', 'same'), { purpose, ifVersion: 1 });
    const after = await configs.secrets(id);
    expect((await vault.read(configs, id, purpose))?.config).toEqual(configWith('two', 'same'));
    const sealed = new Set(before.map((secret) => secret.sealed));
    expect(after.filter((secret) => sealed.has(secret.sealed))).toHaveLength(1);
  });

  test('someone who may write to the database wants a secret of another agent, or in another place: refused', async () => {
    const { configs } = opened.storage;
    const [victim, thief] = [await agent(), await agent()];
    await vault.write(configs, victim, configWith('victim key'), { purpose });
    const document = (await configs.get(victim))!.document;
    const rows = await configs.secrets(victim);
    // Row ids are the primary key: the thief's rows get ids of their own, the references follow.
    const renamed = new Map(rows.map(({ id }) => [id, randomUUID()]));
    const stolen = rows.map((row) => ({ ...row, id: renamed.get(row.id)! }));
    const text = rows.reduce((all, { id }) => all.replace(id, renamed.get(id)!), JSON.stringify(document));
    await configs.put(thief, { document: JSON.parse(text) as JsonValue, secrets: stolen });
    await expect(vault.read(configs, thief, purpose)).rejects.toMatchObject({ code: 'VAULT_TAMPERED' });

    const own = document as {
      providers: { main: { api_key: JsonValue } };
      secrets: { env: { TOKEN: JsonValue } };
    };
    const swapped = {
      providers: { main: { kind: 'anthropic', api_key: own.secrets.env.TOKEN } },
      secrets: { env: { TOKEN: own.providers.main.api_key } },
    };
    await configs.put(victim, { document: swapped, secrets: rows });
    await expect(vault.read(configs, victim, purpose)).rejects.toMatchObject({ code: 'VAULT_TAMPERED' });
    await configs.put(victim, { document, secrets: [] });
    await expect(vault.read(configs, victim, purpose)).rejects.toMatchObject({ code: 'VAULT_MISSING' });
  });

  test('every look into the vault is reported with its outcome', async () => {
    const { configs } = opened.storage;
    const id = await agent();
    await vault.write(configs, id, configWith('key'), { purpose: 'PUT', ip: '192.0.2.7' });
    await vault.read(configs, id, 'broker');
    await expect(vaultOf(keys[1]).read(configs, id, 'broker')).rejects.toMatchObject({
      code: 'VAULT_KEY_UNKNOWN',
    });
    expect(accesses.filter(({ agentId }) => agentId === id)).toEqual([
      { agentId: id, ip: '192.0.2.7', success: true, detail: 'write for PUT' },
      { agentId: id, ip: 'local', success: true, detail: 'read for broker' },
      { agentId: id, ip: 'local', success: false, detail: 'read for broker: VAULT_KEY_UNKNOWN' },
    ]);
  });

  test('after a change of keys everything is sealed again and opens with the new key alone', async () => {
    const { configs } = opened.storage;
    const id = await agent();
    await vault.write(configs, id, configWith('before'), { purpose });
    await opened.storage.configs.put(await agent(), { document: {}, secrets: [] });
    const both = vaultOf(keys[1], keys[0]);
    const first = await both.reseal(configs);
    expect(first.resealed).toBeGreaterThanOrEqual(2);
    // The rows that the thief of an earlier test planted are named, and stop nothing.
    expect(first.failed.map(({ code }) => code)).toEqual(['VAULT_TAMPERED', 'VAULT_TAMPERED']);
    expect(await both.reseal(configs)).toEqual({ resealed: 0, failed: first.failed });
    expect((await vaultOf(keys[1]).read(configs, id, purpose))?.config).toEqual(configWith('before'));
  });

  test('canary: a thief of the database finds no secret in any file or table of it', async () => {
    const { configs } = opened.storage;
    const id = await agent();
    const canaries = Array.from({ length: 4 }, () => `canary-${randomBytes(16).toString('hex')}`);
    const [key = '', header = '', variable = '', replaced = ''] = canaries;
    await vault.write(configs, id, configWith(replaced), { purpose });
    const visible = `visible-${randomBytes(8).toString('hex')}`;
    await vault.write(
      configs,
      id,
      {
        agents: { defaults: { instructions: visible } },
        providers: { main: { kind: 'anthropic', api_key: key, extra_headers: { 'x-api': header } } },
        secrets: { env: { TOKEN: variable } },
      },
      { purpose },
    );
    const bytes = await rawBytes(opened);
    expect(bytes).toContain(visible);
    for (const canary of canaries) {
      expect(bytes).not.toContain(canary);
      expect(bytes).not.toContain(Buffer.from(canary).toString('base64').slice(4, 24));
      expect(bytes).not.toContain(Buffer.from(canary).toString('hex'));
    }
  });
}

describe('configuration vault on SQLite', () => {
  suite(sqliteDatabase, ({ database }) => {
    const folder = dirname(database.file!);
    const files = readdirSync(folder);
    return Promise.resolve(files.map((name) => readFileSync(join(folder, name), 'latin1')).join('\n'));
  });
});

requires('postgresql').describe('configuration vault on PostgreSQL', () => {
  suite(postgresqlDatabase, async ({ database }) => {
    const url = new URL(database.url);
    const schema = url.searchParams.get('schema')!;
    url.searchParams.delete('schema');
    const client = new pg.Client({ connectionString: url.toString() });
    await client.connect();
    const { rows } = await client.query<{ tablename: string }>(
      'SELECT tablename FROM pg_tables WHERE schemaname = $1',
      [schema],
    );
    let text = '';
    for (const { tablename } of rows) {
      const all = await client.query(`SELECT row_to_json(t)::text AS row FROM "${schema}"."${tablename}" t`);
      text += all.rows.map((row) => (row as { row: string }).row).join('\n');
    }
    await client.end();
    return text;
  });
});
