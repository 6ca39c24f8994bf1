import { describe, expect, it } from 'vitest';
import type { CommandReport, CommandResult } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';
import { readCommandReport } from '../validate/worker-frames.js';
import { fitReport } from './fit-report.js';

const message = (text: string): CommandReport & { result: CommandResult & { kind: 'message' } } => ({
  id: 'c',
  state: 'done',
  result: { kind: 'message', turn_id: 't', text, stopped: 'answered' },
});
const decision = {
  effect: 'allow' as const,
  layer: 'tool',
  rule: 'tool.allow',
  reason: 'r',
  input: 'read_file',
  policyDigest: 'd',
  trace: [],
};
const record = {
  id: 'r',
  agent_id: 'a',
  session_key: 's',
  actor: 'user:1',
  tool: 'read_file',
  time: new Date(0).toISOString(),
  decision,
};
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('a report for the link', () => {
  it('of an answer that fits is left as it is', () => {
    const report = message('é'.repeat(LINK_LIMITS.textChars / 2));
    expect(fitReport(report)).toEqual(report);
  });

  it.each([
    ['control characters', '\u0001'],
    ['halves of surrogate pairs', '\udc00'],
    ['letters', 'x'],
    ['emoji', '😀'],
    ['quotes', '"'],
  ])('of 600,000 %s is cut by bytes, says so, and is valid', (_title, character) => {
    const text = character.repeat(600_000 / character.length);
    for (const report of [
      message(text),
      { id: 'c', state: 'done', result: { kind: 'tool', status: 'ok', output: text, record } } as const,
    ]) {
      const fitting = fitReport(report);
      expect(bytesOf(fitting)).toBeLessThanOrEqual(LINK_LIMITS.itemBytes);
      expect(readCommandReport(fitting)).toEqual(fitting);
      const { result } = fitting;
      const cut = result?.kind === 'message' ? result.text : result?.kind === 'tool' ? result.output : '';
      expect(cut).toMatch(/\n\[cut: 600000 characters in all\]$/);
      expect(cut.length).toBeGreaterThan(50_000);
    }
  });

  it('is not cut within a surrogate pair', () => {
    const { result } = fitReport(message(`x${'😀'.repeat(300_000)}`));
    const text = result?.kind === 'message' ? result.text : '';
    expect(text).toContain('[cut: ');
    expect(Buffer.from(text).toString()).toBe(text);
  });

  it('whose size is not in its text is a failure instead of a frame that ends the connection', () => {
    const huge = { ...decision, input: '\u0001'.repeat(LINK_LIMITS.textChars) };
    const results: CommandResult[] = [
      { kind: 'policy_test', decision: huge },
      { kind: 'tool', status: 'ok', output: 'x', record: { ...record, decision: huge } },
    ];
    for (const result of results) {
      expect(fitReport({ id: 'c', state: 'done', result })).toMatchObject({
        id: 'c',
        state: 'failed',
        error: { code: 'RESULT_TOO_LARGE' },
      });
    }
  });
});
