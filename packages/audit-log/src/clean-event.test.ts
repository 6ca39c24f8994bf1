import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanEvent } from './clean-event.js';
import { checkAuditEvent, MAX_EXT, MAX_TEXT, type AuditEvent } from './index.js';
import { eventOf } from './testing/filled-log.js';

const timestamp = '2026-11-24T00:00:00.000Z';
const detailOf = (detail: string): string => (cleanEvent(eventOf(detail)) as { detail: string }).detail;
const extOf = (ext: unknown): unknown => cleanEvent({ ...eventOf('x'), ext } as AuditEvent).ext;

// Code units, so that halves of characters are among them.
const anyText = fc
  .array(fc.oneof(fc.nat(0xffff), fc.nat(0x2fff), fc.integer({ min: 0xd800, max: 0xdfff })), {
    maxLength: 200,
  })
  .map((units) => String.fromCharCode(...units));

describe('texts of an event', () => {
  test.each([
    ['forge a second log line', 'a\r\nroot logged in', 'a\\u000d\\u000aroot logged in'],
    ['drive the terminal of a reader', '\u001b]0;x\u0007\u009b31m', '\\u001b]0;x\\u0007\\u009b31m'],
    ['end a JavaScript line', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['show the text backwards', '\u202eabc\u2066', '\\u202eabc\\u2066'],
    ['hide text', 'a\u200b\u00ad\u2060b\u{e0041}', 'a\\u200b\\u00ad\\u2060b\\u{e0041}'],
    ['break the encoding', 'a\ud800b\udc00', 'a\\ud800b\\udc00'],
  ])('an attacker who wants to %s gets plain text', (_title, text, expected) => {
    expect(detailOf(text)).toBe(expected);
  });

  test('visible text of any script stays as it is', () => {
    const text = 'Zürich 東京 🦀 "quoted" \\ back';
    expect(detailOf(text)).toBe(text);
  });

  test('a long text is cut at the limit and says by how much', () => {
    expect(detailOf('x'.repeat(MAX_TEXT))).toBe('x'.repeat(MAX_TEXT));
    expect(detailOf('x'.repeat(MAX_TEXT + 7))).toBe(`${'x'.repeat(MAX_TEXT)}…(7 more characters)`);
  });

  test('no text at all becomes more than one visible line', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(detailOf(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 500 },
    );
  });
});

describe('ext of an event', () => {
  test('what JSON cannot carry is spelled out', () => {
    class Socket {
      readonly secret = 'x';
    }
    expect(
      extOf({
        big: 10n,
        nan: Number.NaN,
        date: new Date(0),
        error: new TypeError('bad\n'),
        bytes: Buffer.from('x'),
        socket: new Socket(),
        call: () => 1,
        nothing: undefined,
        list: [undefined, null],
      }),
    ).toEqual({
      big: '10',
      nan: 'NaN',
      date: '1970-01-01T00:00:00.000Z',
      error: 'TypeError: bad\\u000a',
      bytes: '([object Uint8Array])',
      socket: '([object Object])',
      call: '(function)',
      list: [null, null],
    });
  });

  test('a key that reaches for the prototype is only a key', () => {
    const ext = extOf(JSON.parse('{"__proto__":{"admin":true}}'));
    expect(Object.keys(ext as object)).toEqual(['__proto__']);
    expect((ext as { admin?: unknown }).admin).toBeUndefined();
  });

  test('an attacker who wants to fill the disk with one event is cut off, and the row says so', () => {
    let deep: unknown = 'x';
    for (let depth = 0; depth < 50; depth += 1) deep = [deep, deep];
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 'v']));
    const long = Array.from({ length: 100_000 }, () => 'y'.repeat(1_000));
    for (const [value, mark] of [
      [deep, 'nested too deep'],
      [wide, '4800 more left out'],
      [long, 'more left out'],
      [Array.from({ length: 150 }, () => long), 'more left out'],
    ] as const) {
      const text = JSON.stringify(extOf({ value }));
      expect(text.includes(mark)).toBe(true);
      expect(text.length).toBeLessThan(2 * MAX_EXT);
    }
  });

  test('an object that contains itself ends', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(JSON.stringify(extOf(loop))).toContain('nested too deep');
  });
});

describe('what is no event', () => {
  test.each([
    ['null', null],
    ['an unknown kind', { ...eventOf('x'), kind: 'other' }],
    ['a kind that every object has', { ...eventOf('x'), kind: 'constructor' }],
    ['a missing field', { kind: 'auth_event', event: 'login', timestamp }],
    ['a field of another type', { ...eventOf('x'), success: 'yes' }],
    ['a field that the contract does not know', { ...eventOf('x'), agent_id: 'a1' }],
    ['a time that is none', { ...eventOf('x'), timestamp: 'yesterday' }],
    ['a day that does not exist', { ...eventOf('x'), timestamp: '2026-99-99T99:99:99Z' }],
    ['a time without zone', { ...eventOf('x'), timestamp: '2026-11-24T00:00:00' }],
    ['an ext that is a list', { ...eventOf('x'), ext: [] }],
    ['an effect of another kind', { kind: 'policy_decision', effect: 'maybe', timestamp }],
  ])('%s is refused', (_title, event) => {
    expect(() => checkAuditEvent(event)).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }) as Error);
    expect(() => cleanEvent(event as AuditEvent)).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID' }) as Error,
    );
  });

  test('the refusal names the field and never repeats its value', () => {
    expect(() => checkAuditEvent({ ...eventOf('x'), user_id: ['CANARY'] })).toThrow(
      /^(?!.*CANARY).*user_id of a auth_event/,
    );
  });

  test.each<AuditEvent>([
    eventOf('x'),
    { ...eventOf('x'), user_id: null, ext: { more: 1 } } as AuditEvent,
    { kind: 'vault_access', agent_id: 'a', ip: 'local', success: false, detail: '', timestamp },
    {
      kind: 'policy_decision',
      agent_id: 'a',
      actor: 'model',
      tool: 'exec',
      effect: 'ask',
      rule: 'r',
      reason: 'r',
      input: 'i',
      timestamp,
    },
    {
      kind: 'egress',
      agent_id: 'a',
      purpose: 'web_fetch',
      method: 'GET',
      host: 'h',
      port: 443,
      resolved: ['192.0.2.1'],
      chosen: null,
      effect: 'deny',
      rule: 'r',
      bytes: 0,
      ms: 1.5,
      timestamp,
    },
    ...(['approval', 'agent_lifecycle', 'config_change', 'token_event', 'pool_event', 'drill'] as const).map(
      (kind): AuditEvent => ({ kind, event: 'e', timestamp: '2026-11-24T00:00:00.123456+02:00' }),
    ),
  ])('a $kind of the contract is taken as it is', (event) => {
    expect(cleanEvent(event)).toEqual(event);
  });
});
