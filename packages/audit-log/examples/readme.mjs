import { memoryAuditStore, openAuditLog } from '@clawforce/audit-log';

const store = memoryAuditStore(); // implement AuditStore over your database instead
const log = openAuditLog(store);
const timestamp = new Date().toISOString();
await log.appendBatch([
  {
    kind: 'auth_event',
    event: 'login',
    user_id: 'u1',
    ip: '127.0.0.1',
    success: true,
    detail: '',
    timestamp,
  },
  { kind: 'agent_lifecycle', event: 'start', agent_id: 'a1', actor: 'user:u1', timestamp },
]);
console.log((await log.verify()).outcome); // intact
store.rows[0] = { ...store.rows[0], time: '2020-01-01T00:00:00.000Z' };
console.log(await log.verify()); // altered, at row 1
