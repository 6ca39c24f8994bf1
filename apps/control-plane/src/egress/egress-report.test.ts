import type { AuditEvent } from '@clawforce/audit-log';
import type { EgressAuditEvent, EgressVerdict } from '@clawforce/policy-net';
import type { ActivityEvent } from '@clawforce/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ActivityFeed } from '../events/activity-feed.js';
import type { StoredEvent } from '../storage/events/event-store.js';
import { EgressReport } from './egress-report.js';

let audited: AuditEvent[];
let rows: ActivityEvent[];
let report: EgressReport;

beforeEach(() => {
  vi.useFakeTimers();
  audited = [];
  rows = [];
  report = new EgressReport({
    audit: { enqueue: (event) => void audited.push(event), record: () => Promise.resolve() },
    events: {
      record: (_agent, event) => {
        rows.push(event);
        return Promise.resolve({} as StoredEvent);
      },
    },
    feed: new ActivityFeed(),
    onFailure: (error) => {
      throw error;
    },
  });
});
afterEach(() => vi.useRealTimers());

function hop(verdict: EgressVerdict, host = 'example.com'): EgressAuditEvent {
  return {
    ...{ hop: 0, method: 'GET', url: `http://${host}/`, host, port: 80, resolved: [], chosen: null },
    ...{
      verdict,
      rule: verdict === 'allow' ? 'net.allow' : 'net.address.private',
      bytes: 0,
      bytesOut: 0,
      ms: 1,
    },
  };
}
const take = (count: number, verdict: EgressVerdict, host?: string): void => {
  for (let i = 0; i < count; i += 1) report.take('a1', 'command', hop(verdict, host));
};
const shown = (): string[] => rows.map(({ content }) => content ?? '');

test('an agent cannot hide a refusal behind a flood of requests that are admitted', () => {
  take(5_000, 'allow');
  take(1, 'deny', '10.1.2.3');
  expect(rows.length).toBeLessThan(300);
  expect(shown().at(-1)).toMatch(/10\.1\.2\.3.*refused.*\([0-9]+ more before are in the audit log only\)/);
  expect(audited).toHaveLength(5_001);
});

test('what was left out at the end of a flood is told when nothing more comes', () => {
  take(500, 'deny');
  const written = rows.length;
  expect(written).toBeLessThan(300);
  vi.advanceTimersByTime(60_000);
  expect(rows).toHaveLength(written + 1);
  expect(shown().at(-1)).toContain(`(${500 - written - 1} more before are in the audit log only)`);
});

test('an agent that has made no request for a while is forgotten, and one that floods is not', () => {
  for (let i = 0; i < 1_000; i += 1) report.take(`agent-${i}`, 'web', hop('deny'));
  expect(report.size).toBe(1_000);
  vi.advanceTimersByTime(30_000);
  take(1, 'deny');
  vi.advanceTimersByTime(30_000);
  expect(report.size).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(report.size).toBe(0);
  expect(rows).toHaveLength(1_001);
});

test('a model call that was answered is in the audit log only', () => {
  report.take('a1', 'provider', hop('allow'));
  report.take('a1', 'provider', hop('error'));
  expect([audited.length, rows.length]).toEqual([2, 1]);
});
