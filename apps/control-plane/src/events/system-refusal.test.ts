import { describe, expect, it } from 'vitest';
import { systemRefusal } from './system-refusal.js';

const ended = (content: string, more: object = {}) =>
  systemRefusal('a1', {
    event_type: 'tool_result',
    tool_name: 'exec',
    result_status: 'error',
    call_id: 'c1',
    content,
    ...more,
  });

describe('a command that was held by the system', () => {
  it('is told by the names of the refusals, with the call and without the output', () => {
    const event = ended(
      "[stderr]\nEACCES: permission denied, open '/secret'\nptrace: Operation not permitted\n[exit code 1]",
    );
    expect(event).toMatchObject({ kind: 'pool_event', event: 'command_held', agent_id: 'a1' });
    expect(JSON.parse(event?.detail ?? '') as unknown).toEqual({
      refused: ['EPERM', 'EACCES'],
      call_id: 'c1',
    });
  });

  it('is not told of what succeeded, of other tools, and of failures that are none', () => {
    expect(ended('EACCES', { result_status: 'ok' })).toBeUndefined();
    expect(ended('EACCES', { tool_name: 'read_file' })).toBeUndefined();
    expect(ended('EACCES', { event_type: 'tool_call' })).toBeUndefined();
    expect(ended('2 tests failed\n[exit code 1]')).toBeUndefined();
  });
});
