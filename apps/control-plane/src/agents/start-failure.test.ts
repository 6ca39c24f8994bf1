import { AgentFSError } from '@clawforce/policy-fs';
import { PoolError } from '@clawforce/pool-core';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../errors/api-error.js';
import { canRetry, failureReason, startFailure } from './start-failure.js';

const full = (code: string): Error => Object.assign(new Error(`${code}: /srv/agents/x`), { code });

describe('the answer to a start that failed', () => {
  it.each([
    ['an errno', full('ENOSPC')],
    ['a quota of the system', full('EDQUOT')],
    ['the way below agent directories', new AgentFSError('NO_SPACE')],
  ])('names a full disk and the fix, by %s, and tries again', (_where, error) => {
    const failure = startFailure(error);
    expect(failure).toMatchObject({ code: 'NO_SPACE', status: 507 });
    expect(failureReason(failure)).toBe(
      'The worker could not be started, because the disk is full. Free space or inodes on the file systems of ADMIN_STORAGE_ROOT and AGENT_RUNTIME_DIR.',
    );
    expect(canRetry(failure)).toBe(true);
  });

  it('tells an image that is missing by its name, with the fix', () => {
    const missing = new PoolError('IMAGE_MISSING', 'the image x/y:1 is not on the engine', {
      fix: 'build it',
    });
    const failure = startFailure(missing);
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', fix: 'build it' });
    expect(failureReason(failure)).toBe('The image x/y:1 is not on the engine. Build it.');
    expect(canRetry(failure)).toBe(true);
  });

  it('leaves the name of a key as it is written', () => {
    const text = 'agentRoot: /srv/agents/x/workspace is not a directory';
    expect(failureReason(startFailure(new PoolError('SPEC_INVALID', text, { key: 'agentRoot' })))).toBe(
      `${text}.`,
    );
  });

  it('keeps the text of an error that it does not know, and whole sentences as they are', () => {
    const failure = startFailure(full('EIO'));
    expect([failure.code, failure.message]).toEqual([
      'START_FAILED',
      'The worker could not be started; the server log has the details.',
    ]);
    expect(failureReason(failure)).toBe(failure.message);
    expect(failureReason(new ApiError('CONFLICT', 'Is this one?', { fix: 'Yes!' }))).toBe(
      'Is this one? Yes!',
    );
  });

  it('does not try again what only an operator can cure', () => {
    expect(canRetry(startFailure(new PoolError('LEVEL_ABOVE_CEILING', 'too high')))).toBe(false);
    expect(canRetry(startFailure(new PoolError('SPEC_INVALID', 'agentRoot: a link')))).toBe(false);
  });
});
