import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEntry } from '@clawforce/protocol';
import { conversation } from './conversation.js';

const time = '2026-01-01T00:00:00.000Z';
const user = (content: string): SessionEntry => ({ role: 'user', content, turn_id: 't', time });
const says = (content: string, ...ids: string[]): SessionEntry => ({
  role: 'assistant',
  content,
  turn_id: 't',
  time,
  ...(ids.length > 0 ? { tool_calls: ids.map((id) => ({ id, name: 'x', arguments: '{}' })) } : {}),
});
const result = (id: string): SessionEntry => ({
  role: 'tool',
  content: id,
  tool_call_id: id,
  turn_id: 't',
  time,
});

describe('conversation', () => {
  it('keeps a call and its results together when the window cuts between them', () => {
    const entries = [user('a'), says('', '1', '2'), result('1'), result('2'), says('done'), user('b')];
    const roles = (window: number): string[] => conversation(entries, window).map(({ role }) => role);
    expect(roles(2)).toEqual(['assistant', 'user']);
    expect(roles(3)).toEqual(['assistant', 'user']);
    expect(roles(4)).toEqual(['assistant', 'tool', 'tool', 'assistant', 'user']);
  });

  it('keeps the present turn whole however long it is, so that a model does not repeat itself', () => {
    const rounds = Array.from({ length: 30 }, (_, at) => [says('', String(at)), result(String(at))]).flat();
    const messages = conversation([user('old'), says('older'), user('question'), ...rounds], 1);
    expect(messages.slice(0, 2).map(({ content }) => content)).toEqual(['older', 'question']);
    expect(messages).toHaveLength(2 + rounds.length);
  });

  it('gives every call a result, also when the worker died before the tool ended', () => {
    const messages = conversation([user('a'), says('', '1', '2'), result('1'), user('b')], 10);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user']);
    expect(messages[3]!.content).toContain('interrupted');
  });

  it('replaces old arguments that are not JSON, which a provider would refuse for ever', () => {
    const broken = { ...says(''), tool_calls: [{ id: '1', name: 'x', arguments: '{"a' }] };
    const [, message] = conversation([user('a'), broken, result('1')], 10);
    expect(message).toMatchObject({ tool_calls: [{ function: { arguments: '{}' } }] });
  });

  it('never gives a result without its call or a call without its result', () => {
    const entry = fc.oneof(
      fc.constant(user('u')),
      fc.uniqueArray(fc.constantFrom('1', '2', '3'), { maxLength: 3 }).map((ids) => says('s', ...ids)),
      fc.constantFrom('1', '2', '3').map(result),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), fc.integer({ min: 1, max: 45 }), (entries, window) => {
        let open: string[] = [];
        for (const message of conversation(entries, window)) {
          if (message.role === 'tool') {
            expect(open).toContain(message.tool_call_id);
            open = open.filter((id) => id !== message.tool_call_id);
            continue;
          }
          expect(open).toEqual([]);
          if (message.role === 'assistant') open = (message.tool_calls ?? []).map(({ id }) => id);
        }
        expect(open).toEqual([]);
      }),
    );
  });
});
