import { expect, test } from 'vitest';
import type { SessionEntry } from '../../api/api-types.js';
import { conversationRows, textOfRow } from './conversation-rows.js';

const entry = (role: 'user' | 'assistant' | 'tool', content: string): SessionEntry => ({
  ...{ role, content, turn_id: 't', time: '2026-11-27T10:00:00.000Z' },
});
const shown = (entries: readonly SessionEntry[], writing: string): readonly string[] =>
  conversationRows(entries, [], writing).map((row) => textOfRow(row, new Map()));

test('an answer that is stored and still on its way stands there once', () => {
  const stored = [entry('user', 'Are you there?'), entry('assistant', 'Good.')];
  expect(shown(stored, 'Good.')).toEqual(['Are you there?', 'Good.']);
  expect(shown([...stored, entry('tool', 'result')], 'Good.')).toEqual(['Are you there?', 'Good.']);
});

test('an answer that says the same as the one before is another', () => {
  const stored = [entry('assistant', 'Good.'), entry('user', 'And now?')];
  expect(shown(stored, 'Good.')).toEqual(['Good.', 'And now?', 'Good.']);
  expect(shown([entry('assistant', 'Goo')], 'Good.')).toEqual(['Goo', 'Good.']);
});
