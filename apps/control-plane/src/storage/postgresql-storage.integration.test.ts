import { requires } from '../../../../tools/host/host-test.js';
import { storageSuite } from './testing/storage-suite.js';
import { postgresqlDatabase } from './testing/test-storage.js';

requires('postgresql').describe('storage on PostgreSQL', () => {
  storageSuite(postgresqlDatabase);
});
