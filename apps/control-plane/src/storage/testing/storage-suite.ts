import { afterAll, beforeAll } from 'vitest';
import { agentCases } from './agent-cases.js';
import { auditCases } from './audit-cases.js';
import { configCases } from './config-cases.js';
import { eventCases } from './event-cases.js';
import { identityCases } from './identity-cases.js';
import { messageCases } from './message-cases.js';
import { tokenCases } from './token-cases.js';
import { openTestStorage, type TestDatabase, type TestStorage } from './test-storage.js';

/** The one suite of the storage layer: every database has to pass all of it. */
export function storageSuite(make: () => Promise<TestDatabase>): void {
  let opened: TestStorage | undefined;
  beforeAll(async () => {
    opened = await openTestStorage(make);
  });
  afterAll(async () => {
    await opened?.close();
  });
  const current = (): TestStorage => {
    if (opened === undefined) throw new Error('the storage is open during tests only');
    return opened;
  };
  identityCases(current);
  tokenCases(current);
  agentCases(current);
  eventCases(current);
  messageCases(current);
  configCases(current);
  auditCases(current);
}
