import { afterEach, expect } from 'vitest';
import { parseAddress } from '../address/parse-address.js';
import type { EgressAuditEvent } from '../client/audit.js';
import { NET_RULES } from '../rules.js';

const taken: EgressAuditEvent[] = [];

/** Takes an event of a test; when the test has ended, each must have all that an audit event says of its hop. */
export function takeEvent(event: EgressAuditEvent): void {
  taken.push(event);
}

afterEach(() => {
  for (const event of taken.splice(0)) expectWhole(event);
});

/** Fails unless an audit event holds every fact, each in its kind, and no query. */
function expectWhole(event: EgressAuditEvent): void {
  const count: unknown = expect.toSatisfy((value) => Number.isInteger(value) && (value as number) >= 0);
  const address: unknown = expect.toSatisfy((value) => parseAddress(String(value)) !== undefined);
  expect(event).toEqual({
    hop: count,
    method: expect.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/) as string,
    url: expect.stringMatching(/^[^?#]*(?:\?…)?(?:#…)?$/) as string,
    host: expect.any(String) as string,
    port: count,
    // A resolver of a test may give anything; what it gave stands here only when it is a list of addresses.
    resolved: event.resolved.map(() => address),
    chosen: event.chosen === null ? null : address,
    verdict: expect.stringMatching(/^(?:allow|deny|limit|error)$/) as string,
    rule: expect.toSatisfy((rule) => Object.hasOwn(NET_RULES, String(rule))) as string,
    ...(event.verdict === 'deny'
      ? { decision: expect.objectContaining({ effect: 'deny', rule: event.rule }) as object }
      : {}),
    ...(event.verdict === 'limit' || event.verdict === 'error'
      ? { error: expect.stringMatching(/./) as string }
      : {}),
    ...(event.status === undefined ? {} : { status: count }),
    bytes: count,
    bytesOut: count,
    ms: expect.toSatisfy((ms) => Number.isFinite(ms) && (ms as number) >= 0) as number,
    ...('agent' in event
      ? { agent: event.agent === null ? null : (expect.stringMatching(/./) as string) }
      : {}),
  });
}
