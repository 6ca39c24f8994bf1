import { agentConfigSchema } from '@clawforce/protocol/config';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../storage/configs/config-store.js';
import { secretPathsOf } from './secret-paths.js';
import { joinSecrets, splitSecrets } from './split-secrets.js';

const isSecret = secretPathsOf(agentConfigSchema);

function split(config: JsonValue) {
  const found = new Map<string, { pointer: string; value: JsonValue }>();
  const document = splitSecrets(config, isSecret, (secret) => {
    const id = `id-${String(found.size)}`;
    found.set(id, secret);
    return id;
  });
  return { document, found };
}

const config = {
  providers: {
    main: { kind: 'anthropic', api_key: 'KEY-ONE', extra_headers: { 'x-a/b~c': 'HEADER-ONE', empty: '' } },
    plain: { kind: 'scripted', script: 'turns' },
  },
  secrets: { env: { TOKEN: 'ENV-ONE' } },
} satisfies JsonValue;

describe('taking secrets out', () => {
  test('every place that the schema marks is emptied, the rest stays, and joining gives the original', () => {
    const { document, found } = split(config);
    expect([...found.values()]).toEqual([
      { pointer: '/providers/main/api_key', value: 'KEY-ONE' },
      { pointer: '/providers/main/extra_headers/x-a~1b~0c', value: 'HEADER-ONE' },
      { pointer: '/secrets/env/TOKEN', value: 'ENV-ONE' },
    ]);
    expect(JSON.stringify(document)).not.toMatch(/KEY-ONE|HEADER-ONE|ENV-ONE/);
    expect(document).toMatchObject({ providers: { plain: config.providers.plain } });
    expect(joinSecrets(document, isSecret, (id) => found.get(id)!.value)).toEqual(config);
  });

  test('someone who may save a configuration wants a secret shown in a plain field: a reference is refused', () => {
    const wrong = expect.objectContaining({ code: 'VAULT_REFERENCE' }) as Error;
    const planted = { agents: { defaults: { instructions: { $secret: 'id-0' } } } };
    expect(() => split(planted)).toThrow(wrong);
    expect(() => split({ secrets: { env: { X: { $secret: 'id-0' } } } })).toThrow(wrong);
    expect(() => joinSecrets(planted, isSecret, () => 'KEY-ONE')).toThrow(wrong);
    const odd = { secrets: { env: { X: { $secret: 5 } } } };
    expect(() => joinSecrets(odd, isSecret, () => 'KEY-ONE')).toThrow(wrong);
  });

  test('a member named __proto__ stays a member', () => {
    const odd = JSON.parse('{"secrets":{"env":{"__proto__":"SECRET-X"}}}') as JsonValue;
    const { document, found } = split(odd);
    expect([...found.values()]).toEqual([{ pointer: '/secrets/env/__proto__', value: 'SECRET-X' }]);
    expect(JSON.stringify(document)).toBe('{"secrets":{"env":{"__proto__":{"$secret":"id-0"}}}}');
  });

  test('values below a marked place are secrets too, whatever their shape', () => {
    const all = secretPathsOf({
      properties: { list: { items: { 'x-secret': true } }, pin: { format: 'password' } },
    });
    expect(all(['list', '0'])).toBe(true);
    expect(all(['list', '0', 'deep'])).toBe(true);
    expect(all(['pin'])).toBe(true);
    expect(all(['other'])).toBe(false);
    expect(secretPathsOf({ properties: { w: { writeOnly: true } } })(['w'])).toBe(true);
  });

  test.each(['$ref', 'allOf', 'oneOf', 'patternProperties', 'prefixItems'])(
    'a schema that may hide a secret behind %s is refused',
    (keyword) => {
      expect(() => secretPathsOf({ properties: { a: { [keyword]: {} } } })).toThrow(TypeError);
    },
  );
});
