import { describe, expect, test } from 'vitest';
import { canonicalJson, createDecision, PolicyDeniedError, policyDigest } from './index.js';

const fields = {
  effect: 'deny',
  layer: 'zone',
  rule: 'fs.zone.hidden',
  reason: 'Not visible.',
  input: 'x',
  policyDigest: 'd',
} as const;

describe('createDecision', () => {
  test('makes the deciding layer the only step when there is no trace', () => {
    expect(createDecision(fields).trace).toEqual([{ layer: 'zone', rule: 'fs.zone.hidden', effect: 'deny' }]);
  });

  test('is frozen through and through, and does not share what it was given', () => {
    const trace = [{ layer: 'a', rule: 'a.b', effect: 'allow' as const }];
    const decision = createDecision({ ...fields, span: [0, 3], trace });
    trace[0]!.layer = 'changed';
    expect(decision.trace[0]?.layer).toBe('a');
    expect(
      [decision, decision.trace, decision.trace[0], decision.span].every((part) => Object.isFrozen(part)),
    ).toBe(true);
  });

  test('survives JSON unchanged', () => {
    const decision = createDecision({ ...fields, hint: 'Use workspace/.' });
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  });
});

describe('PolicyDeniedError', () => {
  class FileError extends PolicyDeniedError {}
  class NetError extends PolicyDeniedError {}

  test('is recognised from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), {
      [Symbol.for('@clawforce/policy-core/PolicyDeniedError')]: true,
    });
    expect(foreign instanceof PolicyDeniedError).toBe(true);
    expect(new Error('x') instanceof PolicyDeniedError).toBe(false);
  });

  test('keeps subclasses apart', () => {
    const error = new FileError('HIDDEN', createDecision(fields));
    expect(error instanceof FileError && error instanceof PolicyDeniedError).toBe(true);
    expect(error instanceof NetError).toBe(false);
    expect(error).toMatchObject({
      code: 'HIDDEN',
      message: 'Not visible.',
      decision: { rule: 'fs.zone.hidden' },
    });
  });
});

describe('policyDigest', () => {
  test('does not depend on the order of keys', () => {
    expect(policyDigest({ a: 1, b: [{ d: 2, c: 3 }] })).toBe(policyDigest({ b: [{ c: 3, d: 2 }], a: 1 }));
    expect(policyDigest({ a: 1 })).not.toBe(policyDigest({ a: 2 }));
  });

  test('leaves undefined members out, as JSON does', () => {
    expect(canonicalJson({ a: undefined, b: [undefined, null] })).toBe('{"b":[null,null]}');
  });

  test.each([[() => 1], [Symbol('x')], [1n], [Number.NaN]])('refuses what JSON cannot carry: %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });
});
