#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Npm links a command when it installs, and only a file that is there: in a fresh clone nothing is built yet, and
// `npx clawforce` would ask the registry for a stranger's package of that name.
const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('clawforce is not built here yet. Run "npm start" or "npm run build" first.\n');
  process.exitCode = 1;
}
