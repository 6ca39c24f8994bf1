import { describe, expect, test } from 'vitest';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { zoneTable } from '../zones/zone-table.js';
import { temporaryName } from '../write/temporary-file.js';
import { LexicalGate } from './lexical-gate.js';

const gate = new LexicalGate(zoneTable());

function codeOf(path: string): string | undefined {
  try {
    gate.admit(path);
    return undefined;
  } catch (error) {
    if (error instanceof AgentFSError) return error.code;
    throw error;
  }
}

describe('lexical gate', () => {
  test.each([
    ['a.txt', 'workspace/a.txt'],
    ['./a//b/', 'workspace/a/b'],
    ['workspace', 'workspace'],
    ['profiles/p.md', 'profiles/p.md'],
    ['.', '.'],
    ['...', 'workspace/...'],
    ['a..b/..c', 'workspace/a..b/..c'],
    ['workspace/.config/x', 'workspace/.config/x'],
    ['__proto__/constructor', 'workspace/__proto__/constructor'],
    ['12:30.log', 'workspace/12:30.log'],
  ])('%j means %s', (path, canonical) => {
    expect(gate.admit(path).canonical).toBe(canonical);
  });

  test.each([
    ['', 'INVALID_PATH'],
    ['a\0b', 'INVALID_PATH'],
    ['a\ud800', 'INVALID_PATH'],
    ['a\\b', 'INVALID_PATH'],
    ['/etc/passwd', 'ABSOLUTE_PATH'],
    ['c:x', 'ABSOLUTE_PATH'],
    ['..', 'PATH_TRAVERSAL'],
    ['a/../b', 'PATH_TRAVERSAL'],
    ['x'.repeat(256), 'NAME_TOO_LONG'],
    ['é'.repeat(128), 'NAME_TOO_LONG'],
    [`${'a/'.repeat(2048)}a`, 'NAME_TOO_LONG'],
    [`${'a/'.repeat(129)}a`, 'TOO_DEEP'],
    ['.config/agent.json', 'HIDDEN'],
    ['.state', 'HIDDEN'],
    ['.Config/agent.json', 'LOOKALIKE'],
    ['Workspace/a', 'LOOKALIKE'],
    [temporaryName(), 'INVALID_NAME'],
  ])('%j is refused as %s', (path, code) => {
    expect(codeOf(path)).toBe(code);
  });

  test('a zone that the table leaves out stays protected, and a table without workspace admits no bare path', () => {
    const state = new LexicalGate(zoneTable([{ name: '.state', mode: 'rw' }]));
    expect(state.admit('.state/outbox.jsonl').canonical).toBe('.state/outbox.jsonl');
    expect(() => state.admit('.config/agent.json')).toThrow(/not available/);
    expect(() => state.admit('a.txt')).toThrow(/\.state\//);
  });
});
