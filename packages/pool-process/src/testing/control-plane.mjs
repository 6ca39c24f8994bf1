// A stand-in for a control plane that is killed: starts one worker, tells its pid, and keeps what it prints in a file.
import { appendFileSync } from 'node:fs';

const [entry, options, spec, sink] = process.argv.slice(2);
const { ProcessPool } = await import(entry);
const openLog = () => ({
  write: ({ text }) => appendFileSync(sink, `${text}\n`),
  flushed: () => Promise.resolve(),
  end: () => undefined,
});
const pool = new ProcessPool({ ...JSON.parse(options), ...(sink ? { openLog } : {}) });
const handle = await pool.start(JSON.parse(spec));
for await (const { text } of pool.logs(handle, { follow: true })) if (/^(ready|tick 3)$/.test(text)) break;
process.stdout.write(`${handle.engineId}\n`);
setInterval(() => undefined, 1000);
