import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { makeScratchRepository } from './testing/scratch-repository.js';
import type { ScratchRepository } from './testing/scratch-repository.js';

let repository: ScratchRepository | undefined;
afterEach(() => repository?.dispose());

const MAIN = `
  const timer = setInterval(() => undefined, 1000);
  for (const [signal, code] of [['SIGTERM', 7], ['SIGINT', 8]])
    process.once(signal, () => { clearInterval(timer); process.exitCode = code; });
  console.log(JSON.stringify([process.argv.slice(2), process.env.ADMIN_RUNTIME_BACKEND, process.env.UV_THREADPOOL_SIZE]));`;

async function start(tsc: string, env: Record<string, string>, signal?: NodeJS.Signals) {
  repository = makeScratchRepository({ 'typescript-7': tsc });
  repository.write('apps/control-plane/dist/main.js', MAIN);
  const inherited = { ...process.env };
  delete inherited['ADMIN_RUNTIME_BACKEND'];
  delete inherited['UV_THREADPOOL_SIZE'];
  const child = spawn(process.execPath, [join(repository.root, 'tools/start.mjs'), '--port', '9'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (signal !== undefined && output.includes('[["serve"')) child.kill(signal);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

test('options reach serve, the runtime is passed explicitly, and SIGTERM and the exit code go through', async () => {
  // Without a docker command it is the process runtime, whatever this host has.
  const { code, output } = await start('process.exit(0)', { PATH: '/nowhere' }, 'SIGTERM');
  const reason = 'there is no docker command here';
  expect(output).toContain(`[["serve","--backend-reason","${reason}","--port","9"],"process","32"]`);
  expect(output).toContain(`Runtime: process (docker is not used: ${reason}).`);
  expect(code).toBe(7);
});

test('a runtime and a size of the thread pool that the operator set are kept, and SIGINT goes through', async () => {
  const { code, output } = await start(
    'process.exit(0)',
    { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: 'some/image', UV_THREADPOOL_SIZE: '64' },
    'SIGINT',
  );
  expect(output).toContain('"docker","64"]');
  expect(output).toContain('from ADMIN_RUNTIME_BACKEND');
  expect(code).toBe(8);
});

test('a failed build starts nothing and shows what the compiler said', async () => {
  const { code, output } = await start('console.log("x.ts(1,1): error"); process.exit(2)', {});
  expect(code).toBe(1);
  expect(output).toContain('x.ts(1,1): error');
  expect(output).not.toContain('serve');
});
