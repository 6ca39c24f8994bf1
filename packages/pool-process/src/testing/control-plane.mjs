// A stand-in for a control plane that is killed: starts one worker and tells its pid.
const [entry, options, spec] = process.argv.slice(2);
const { ProcessPool } = await import(entry);
const pool = new ProcessPool(JSON.parse(options));
const handle = await pool.start(JSON.parse(spec));
// A worker that is still starting when its output breaks would end by itself.
for await (const { text } of pool.logs(handle, { follow: true })) if (text === 'ready') break;
process.stdout.write(`${handle.engineId}\n`);
setInterval(() => undefined, 1000);
