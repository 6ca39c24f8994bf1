import { variablesSchema } from '@clawforce/protocol/config';
import { expect, test } from 'vitest';
import { ApiError } from '../errors/api-error.js';
import { bodyValidator } from './request-validator.js';

test.each(['LD_PRELOAD', 'not a name', 'a/b~c'])(
  'a name that is not allowed is one issue, at it: %s',
  (name) => {
    const check = bodyValidator(variablesSchema);
    let thrown: unknown;
    try {
      check({ [name]: 'a secret value', GOOD: 'x' });
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof ApiError)) throw new Error('it was not refused');
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    expect([thrown.code, thrown.issues]).toEqual([
      'VALIDATION_FAILED',
      [{ pointer, message: 'is not an allowed name.' }],
    ]);
    expect(JSON.stringify([thrown.message, thrown.issues])).not.toContain('a secret value');
  },
);
