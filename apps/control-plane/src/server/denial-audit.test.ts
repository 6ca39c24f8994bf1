import type { AuditEvent } from '@clawforce/audit-log';
import type { Request } from 'express';
import { expect, it } from 'vitest';
import { setState } from '../http/mount-routes.js';
import { DenialAudit } from './denial-audit.js';

let now = 0;
const rows: (AuditEvent & { ext?: Record<string, unknown> })[] = [];
const denials = (): DenialAudit => {
  rows.length = 0;
  return new DenialAudit({ enqueue: (event) => void rows.push(event) }, () => now);
};

function request(ip: string, authorization: string | undefined): Request {
  const made = { method: 'GET', path: '/api/agents/x', params: { id: 'x' }, headers: { authorization } };
  setState(made as unknown as Request, { requestId: 'r', ip });
  return made as unknown as Request;
}
const person = (id: string) => ({ principal: { id, role: 'admin' } });
const refuse = (
  audit: DenialAudit,
  who: object,
  ip = '10.0.0.1',
  authorization: string | undefined = 'Bearer x',
): void =>
  audit.note({ request: request(ip, authorization), action: 'agent:read', code: 'NOT_FOUND', ...who });

it('writes who was refused what, and whether it exists', () => {
  refuse(denials(), person('u1'));
  expect(rows).toMatchObject([
    {
      kind: 'auth_event',
      event: 'request_denied',
      user_id: 'u1',
      success: false,
      detail: 'NOT_FOUND: agent:read',
      ext: { method: 'GET', path: '/api/agents/x', agent_id: 'x', exists: false, role: 'admin' },
    },
  ]);
});

it('writes nothing of a token that ran out, nor of a request without one', () => {
  const audit = denials();
  audit.note({ request: request('10.0.0.1', 'Bearer x'), action: 'agent:read', code: 'TOKEN_EXPIRED' });
  audit.note({ request: request('10.0.0.1', undefined), action: 'agent:read', code: 'UNAUTHENTICATED' });
  expect(rows).toEqual([]);
  audit.note({
    request: request('10.0.0.1', 'Bearer forged'),
    action: 'agent:read',
    code: 'TOKEN_MALFORMED',
  });
  expect(rows).toHaveLength(1);
});

it('is held to a rate for one caller, counts what it leaves out, and still writes of others', () => {
  const audit = denials();
  for (let number = 0; number < 500; number += 1) refuse(audit, person('flood'));
  expect(rows).toHaveLength(20);
  refuse(audit, person('other'));
  expect(rows.at(-1)).toMatchObject({ user_id: 'other', ext: { left_out: 480 } });
  now += 10_000;
  for (let number = 0; number < 500; number += 1) refuse(audit, person('flood'));
  expect(rows).toHaveLength(26);
});

it('is held to a rate for all callers together, and remembers a bounded number of them', () => {
  const audit = denials();
  for (let number = 0; number < 5_000; number += 1) refuse(audit, {}, `10.1.${number >> 8}.${number & 255}`);
  expect(rows).toHaveLength(200);
});
