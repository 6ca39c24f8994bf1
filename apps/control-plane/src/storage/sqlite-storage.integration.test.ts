import { describe } from 'vitest';
import { storageSuite } from './testing/storage-suite.js';
import { sqliteDatabase } from './testing/test-storage.js';

describe('storage on SQLite', () => {
  storageSuite(sqliteDatabase);
});
