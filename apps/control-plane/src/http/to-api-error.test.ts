import { randomUUID } from 'node:crypto';
import { AgentFSError } from '@clawforce/policy-fs';
import { NetworkSecurityPolicy } from '@clawforce/policy-net';
import { PolicyDeniedError } from '@clawforce/policy-core';
import { describe, expect, it } from 'vitest';
import { API_ERRORS, ApiError } from '../errors/api-error.js';
import { NotConnectedError } from '../hub/link-hub.js';
import { CommandInterruptedError } from '../hub/pending-commands.js';
import { StorageError } from '../storage/storage-error.js';
import { toApiError } from './to-api-error.js';

const inner = `inner ${randomUUID()}`;
const named = (name: string, members: object): Error => Object.assign(new Error(inner), { name, ...members });
const decision = new NetworkSecurityPolicy().checkUrl('http://169.254.169.254/');

describe('a failure as the client sees it', () => {
  it.each([
    ['an error of ours', new ApiError('CONFLICT', 'Taken.'), 'CONFLICT'],
    ['an unknown error', new Error(inner), 'INTERNAL'],
    ['a thrown text', inner, 'INTERNAL'],
    ['nothing', undefined, 'INTERNAL'],
    ['null', null, 'INTERNAL'],
    ['a mistake in our code', new TypeError(inner), 'INTERNAL'],
    ['a system error', Object.assign(new Error(inner), { code: 'EACCES', path: inner }), 'INTERNAL'],
    [
      'an error whose code looks like one of ours',
      Object.assign(new Error(inner), { code: 'NOT_FOUND' }),
      'INTERNAL',
    ],
    ['a refusal of policy', new PolicyDeniedError('EGRESS_DENIED', decision), 'POLICY_DENIED'],
    ['a file that is not there', new AgentFSError('NOT_FOUND', { cause: new Error(inner) }), 'NOT_FOUND'],
    [
      'a file that changed meanwhile',
      new AgentFSError('STALE', { cause: new Error(inner) }),
      'PRECONDITION_FAILED',
    ],
    ['a file that is there', new AgentFSError('EXISTS', { cause: new Error(inner) }), 'CONFLICT'],
    ['a full disk', new AgentFSError('NO_SPACE', { cause: new Error(inner) }), 'NO_SPACE'],
    ['a file that could not be read', new AgentFSError('IO', { cause: new Error(inner) }), 'INTERNAL'],
    ['a row that is not there', new StorageError('NOT_FOUND', 'No such row.'), 'NOT_FOUND'],
    ['a row that changed meanwhile', new StorageError('STALE', 'Changed.'), 'PRECONDITION_FAILED'],
    ['a busy database', new StorageError('BUSY', 'Busy.'), 'OVERLOADED'],
    ['an agent without a worker', new NotConnectedError('None.'), 'AGENT_NOT_RUNNING'],
    ['a worker that went away', new CommandInterruptedError('Gone.'), 'INTERRUPTED'],
    [
      'a token that ran out',
      named('AuthError', { code: 'TOKEN_EXPIRED', message: 'Over.' }),
      'TOKEN_EXPIRED',
    ],
    ['an auth error that nobody knows', named('AuthError', { code: 'toString' }), 'INTERNAL'],
    [
      'a placeholder in a wrong place',
      named('PlaceholderError', { code: 'X', pointer: '/a' }),
      'PLACEHOLDER_INVALID',
    ],
    [
      'a body that is no JSON',
      named('SyntaxError', { type: 'entity.parse.failed', status: 400 }),
      'JSON_INVALID',
    ],
    ['a body that is too large', named('X', { type: 'entity.too.large', status: 413 }), 'PAYLOAD_TOO_LARGE'],
    [
      'a charset that nobody knows',
      named('X', { type: 'charset.unsupported', status: 415 }),
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a client that went away', named('X', { type: 'request.aborted', status: 400 }), 'BAD_REQUEST'],
    ['a path that is no UTF-8', new URIError(inner), 'BAD_REQUEST'],
  ])('%s becomes a code of the table and shows no inner text', (_title, error, code) => {
    const failure = toApiError(error);
    expect(failure.code).toBe(code);
    expect(API_ERRORS).toHaveProperty(code);
    const shown = JSON.stringify([failure.message, failure.fix, failure.issues]);
    expect(shown).not.toContain(inner);
    if (code === 'INTERNAL' && error !== undefined) expect(failure.cause).toBe(error);
  });

  it('of policy carries the reason and what would be accepted', () => {
    const hinted = { ...decision, hint: 'Use another host.' };
    expect(toApiError(new PolicyDeniedError('EGRESS_DENIED', hinted))).toMatchObject({
      message: decision.reason,
      fix: 'Use another host.',
      status: 403,
    });
  });

  it('that is a refused file is no code of the file layer that clients would have to know', () => {
    const refused = toApiError(new AgentFSError('HIDDEN', { reason: 'Hidden.' }));
    expect([refused.code, refused.message]).toEqual(['FILE_REFUSED', 'Hidden.']);
  });
});
