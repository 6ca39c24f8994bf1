import { describe, expect, it } from 'vitest';
import type { Storage } from '../storage/storage.js';
import { explainUnsafe, unsafeSettings, UnsafeSettings } from './unsafe-settings.js';

describe('unsafe settings', () => {
  it.each([
    [{}, []],
    [{ security: { docker: { level: 'sandboxed' } } }, []],
    [{ security: { docker: { level: 'privileged' } } }, ['security.docker.level']],
    [{ tools: { restrict_to_workspace: false } }, ['tools.restrict_to_workspace']],
    [{ tools: { ssrf_protection: false } }, ['tools.ssrf_protection']],
    [
      { tools: { web: { fetch: { exceptions: [{ address: '10.0.0.5', port: 80 }] } } } },
      ['tools.web.fetch.exceptions'],
    ],
    [
      { tools: { ssrf_protection: true, restrict_to_workspace: true, web: { fetch: { exceptions: [] } } } },
      [],
    ],
  ] as const)('of %j are %j, each with its consequence and fix', (config, expected) => {
    expect(unsafeSettings(config as Parameters<typeof unsafeSettings>[0])).toEqual(expected);
    for (const setting of expected) {
      const explained = explainUnsafe(setting);
      expect(explained?.consequence).toMatch(/\.$/);
      expect(explained?.fix).toMatch(/\.$/);
    }
  });

  it('are read once for each version of a configuration', async () => {
    let version = 1;
    let document: object = { tools: { ssrf_protection: false } };
    let reads = 0;
    const storage = {
      configs: {
        versions: async () => new Map([['a', version]]),
        get: async () => {
          reads += 1;
          return { document, version };
        },
      },
    } as unknown as Storage;
    const unsafe = new UnsafeSettings(storage);
    const of = async (id: string): Promise<unknown> => (await unsafe.of([id])).get(id);
    expect([await of('a'), await of('a'), reads]).toEqual([
      ['tools.ssrf_protection'],
      ['tools.ssrf_protection'],
      1,
    ]);
    version = 2;
    document = {};
    expect([await of('a'), await of('b'), reads]).toEqual([[], [], 2]);
  });
});
