import { openDb } from '../database/open-db.js';
import { migrate } from '../migrate/migrate.js';

/* A process of its own that migrates and can be killed in the middle of it: argv holds the address and the folder. */
const [url = '', folder = ''] = process.argv.slice(2);
const database = await openDb(url);
process.send?.('begin');
await migrate(database, folder);
process.send?.('end');
await database.close();
