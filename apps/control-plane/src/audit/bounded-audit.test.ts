import type { AuditEvent } from '@clawforce/audit-log';
import { expect, it } from 'vitest';
import { authEvent } from '../auth/auth-event.js';
import { BoundedAudit } from './bounded-audit.js';

let now = 0;
let broken = false;
const rows: (AuditEvent & { ext?: Record<string, unknown> })[] = [];
const bounded = (): BoundedAudit => {
  rows.length = 0;
  broken = false;
  const record = (event: AuditEvent): Promise<void> =>
    broken ? Promise.reject(new Error('full')) : Promise.resolve(void rows.push(event));
  return new BoundedAudit({ record }, () => now);
};
const refused = (audit: BoundedAudit, ip: string): Promise<void> =>
  audit.record(ip, authEvent('claim', null, ip, false, 'no', new Date(0)));

it('writes a bounded number of rows of one caller, and says in the next how many it left out', async () => {
  const audit = bounded();
  for (let number = 0; number < 500; number += 1) await refused(audit, '10.0.0.1');
  expect(rows).toHaveLength(20);
  expect(rows.every(({ ext }) => ext === undefined)).toBe(true);
  await refused(audit, '10.0.0.2');
  expect(rows.at(-1)).toMatchObject({ ip: '10.0.0.2', ext: { left_out: 480 } });
  now += 10_000;
  for (let number = 0; number < 500; number += 1) await refused(audit, '10.0.0.1');
  expect(rows).toHaveLength(26);
});

it('writes a bounded number of rows of all callers together', async () => {
  const audit = bounded();
  for (let number = 0; number < 5_000; number += 1) await refused(audit, `caller ${number}`);
  expect(rows).toHaveLength(200);
});

it('counts a row that could not be written, and says so to its caller', async () => {
  const audit = bounded();
  broken = true;
  await expect(refused(audit, '10.0.0.1')).rejects.toThrow('full');
  await expect(refused(audit, '10.0.0.1')).rejects.toThrow('full');
  broken = false;
  await refused(audit, '10.0.0.1');
  expect(rows).toMatchObject([{ ext: { left_out: 2 } }]);
});
