import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import { parser, plugin } from 'typescript-eslint';
import { beforeAll, describe, expect, test } from 'vitest';
import goingOut from './going-out.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const RULES = ['@typescript-eslint/no-restricted-imports', 'clawforce/going-out'] as const;

/** The rules about going out as the real configuration has them for a file, without the types that other rules need. */
const configs = new Map<string, Linter.Config>();
async function rulesOf(file: string): Promise<Linter.Config> {
  const known = configs.get(file);
  if (known !== undefined) return known;
  const { rules = {} } = (await new ESLint({ cwd: root }).calculateConfigForFile(file)) as Linter.Config;
  const config: Linter.Config = {
    files: ['**/*.{ts,tsx,mjs}'],
    languageOptions: {
      ...(file.endsWith('.mjs') ? {} : { parser }),
      // As the configuration has them for files of JavaScript; those of TypeScript know none.
      globals: file.endsWith('.mjs') ? { fetch: 'readonly' } : {},
    },
    plugins: { '@typescript-eslint': plugin, clawforce: { rules: { 'going-out': goingOut } } },
    rules: Object.fromEntries(
      RULES.flatMap((name) => (rules[name] === undefined ? [] : [[name, rules[name]]])),
    ),
  };
  configs.set(file, config);
  return config;
}
async function complaints(file: string, code: string): Promise<readonly string[]> {
  const found = new Linter({ cwd: root }).verify(code, await rulesOf(file), { filename: `${root}${file}` });
  return found.map(({ message }) => message);
}

const goesOut = [
  "await fetch('http://example.com/');",
  "await globalThis.fetch('http://example.com/');",
  "new WebSocket('ws://example.com/');",
  "import { request } from 'node:http'; request('http://example.com/');",
  "import { get } from 'node:https'; get('https://example.com/');",
  "import http from 'node:http'; http.createServer();",
  "import * as http from 'node:http'; http.createServer();",
  "import { connect } from 'node:net'; connect(80);",
  "import { Socket } from 'node:net'; new Socket();",
  "import { connect } from 'node:tls'; connect(443);",
  "import { connect } from 'node:http2'; connect('http://example.com');",
  "import { createSocket } from 'node:dgram'; createSocket('udp4');",
  "import { request } from 'undici'; await request('http://example.com/');",
  "import { request } from 'http'; request('http://example.com/');",
  "export { request } from 'node:http';",
  "export * from 'node:http';",
  "export * as http from 'node:http';",
  "import { request as ask } from 'node:http'; ask('http://example.com/');",
  "import { default as http } from 'node:http'; http.get('http://example.com/');",
  "import { 'connect' as go } from 'node:net'; go(80);",
  "const { connect } = await import('node:net'); connect(80);",
  'const net = await import(`node:net`); net.connect(80);',
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); require('net').connect(80);",
  "process.getBuiltinModule('node:net').connect(80);",
  "import { getBuiltinModule as g } from 'node:process'; g('net').connect(80);",
  "import { binding } from 'node:process'; binding('tcp_wrap');",
  "process['get' + 'BuiltinModule']('net').connect(80);",
  "export { getBuiltinModule } from 'node:process';",
  "const name = String('getBuiltinModule'); process[name]('net').connect(80);",
  "import { lookup } from 'node:dns'; lookup('secret.example.com', () => undefined);",
  "import { resolve4 } from 'node:dns/promises'; await resolve4('secret.example.com');",
  "import { Resolver } from 'dns'; new Resolver();",
  "import Docker from 'dockerode'; new Docker();",
  "import { io } from 'socket.io-client'; io('http://example.com');",
  "import pg from 'pg'; new pg.Client();",
  "await global.fetch('http://example.com/');",
  "await window.fetch('http://example.com/');",
  "await globalThis['fetch']('http://example.com/');",
  "await globalThis[`fetch`]('http://example.com/');",
  "await globalThis['fet' + 'ch']('http://example.com/');",
  "const name = String('fetch'); await globalThis[name]('http://example.com/');",
  "await globalThis.globalThis.fetch('http://example.com/');",
  "const { fetch } = globalThis; await fetch('http://example.com/');",
  "const { fetch: ask } = global; await ask('http://example.com/');",
  "const { ['fetch']: ask } = globalThis; await ask('http://example.com/');",
  "const { ...all } = globalThis; await all.fetch('http://example.com/');",
  "const world = globalThis; await world.fetch('http://example.com/');",
  "await Reflect.get(globalThis, 'fetch')('http://example.com/');",
  "await (globalThis as { fetch: (url: string) => unknown }).fetch('http://example.com/');",
  "const ask = fetch; await ask('http://example.com/');",
  'export const tools = { fetch };',
  "new EventSource('http://example.com/');",
  "import { createRequire } from 'node:module'; const load = createRequire(import.meta.url); load('node:net').connect(80);",
  "import { createRequire } from 'node:module'; createRequire(import.meta.url)('node:net').connect(80);",
  "import { createRequire as make } from 'node:module'; const load = make(import.meta.url); load('node:net').connect(80);",
  "import { createRequire } from 'node:module'; export const make = createRequire;",
  "import { Module } from 'node:module'; Module._load('net').connect(80);",
  "import Module from 'node:module'; Module._load('net').connect(80);",
  "import * as module from 'node:module'; module.createRequire(import.meta.url)('net').connect(80);",
  "const { createRequire } = await import('node:module'); createRequire(import.meta.url)('net').connect(80);",
  "export { createRequire, Module } from 'node:module';",
  "const g = process.getBuiltinModule; g('net').connect(80);",
  "const { getBuiltinModule } = process; getBuiltinModule('fs');",
  "const { getBuiltinModule: g } = process; g('net').connect(80);",
  "const { ['getBuiltinModule']: g } = process; g('net').connect(80);",
  "(0, process.getBuiltinModule)('net').connect(80);",
  "process['getBuiltinModule'].call(process, 'net').connect(80);",
  "process.getBuiltinModule('n' + 'et').connect(80);",
  "process.getBuiltinModule!('net').connect(80);",
  "(process.getBuiltinModule as any)('net').connect(80);",
  "import { connect } from 'node:_tls_wrap'; connect(443);",
  "import { ClientRequest } from 'node:_http_client'; new ClientRequest('http://example.com/');",
  "import { Agent } from '_http_agent'; new Agent();",
  "import { WebSocket } from 'node:http'; new WebSocket('ws://example.com/');",
  "const { TCP } = process.binding('tcp_wrap'); new TCP(0);",
  "const { TCP } = process['_linkedBinding']('tcp_wrap'); new TCP(0);",
  "const { binding } = process; binding('tcp_wrap');",
  "process.dlopen({ exports: {} }, '/tmp/socket.node');",
];
const stays = [
  "import { createServer, type IncomingMessage } from 'node:http'; createServer((_: IncomingMessage) => undefined);",
  "import { createServer } from 'node:net'; createServer();",
  "import type { Socket } from 'node:net'; export const count = (_: Socket) => 1;",
  'const fetch = (url: string) => url; fetch("x");',
  'export const guarded = (fetch: typeof globalThis.fetch) => fetch("http://example.com/");',
  'export type Fetch = typeof fetch;',
  'export const client = { fetch: (url: string) => url }; client.fetch("x");',
  'globalThis.setTimeout(() => undefined, 1); export const is = typeof globalThis;',
  "import { isIP } from 'node:net'; isIP('::1');",
  "import { createRequire } from 'node:module'; createRequire(import.meta.url).resolve('undici');",
  "import { isBuiltin } from 'node:module'; isBuiltin('net');",
  "process.getBuiltinModule('node:fs').existsSync('/');",
  "import type { Module } from 'node:module'; export const count = (_: Module) => 1;",
  "import type Docker from 'dockerode'; export const count = (_: Docker) => 1;",
  "import { type Dispatcher } from 'undici'; export const count = (_: Dispatcher) => 1;",
];
/** What the parser of JavaScript reads as well. */
const isScript = (code: string): boolean =>
  !/\btype\b|: string|typeof globalThis\.fetch|getBuiltinModule(?:!| as any)/.test(code);

/** One file of each part of the product that has to go out by policy-net. */
const bound = [
  'apps/control-plane/src/broker/agent-traffic.ts',
  'apps/control-plane/src/egress/egress-gateway.ts',
  'apps/control-plane/bin/clawforce.mjs',
  'apps/worker/src/run-worker.ts',
  'packages/pool-process/src/process-pool.ts',
  'packages/agent-runtime/src/web/page-text.ts',
  'packages/policy-core/src/decision.ts',
  'packages/policy-fs/src/index.ts',
  'packages/pool-docker/src/docker-pool.ts',
  'packages/secrets-redact/src/index.ts',
];
/** A file of each exemption: `exemptions` in eslint.config.mjs. */
const exempt = [
  'packages/policy-net/src/client/dial.ts',
  'packages/policy-shell/src/run/loopback-shim.ts',
  'packages/policy-shell/shim/loopback-shim.mjs',
  'packages/pool-docker/src/engine.ts',
  'packages/protocol/src/link/client/connection.ts',
  'packages/protocol/src/broker/client/broker-request.ts',
  'apps/dashboard/src/app/services.tsx',
  'apps/control-plane/src/cli/admin-client.ts',
  'apps/control-plane/src/storage/lock/postgresql-lock.ts',
  'apps/control-plane/src/server/own-addresses.ts',
  'apps/control-plane/src/broker/agent-traffic.integration.test.ts',
  'apps/control-plane/src/server/testing/stand-in-worker.mjs',
];
const mayStart = [
  'packages/policy-shell/src/run/start-process.ts',
  'packages/policy-shell/shim/loopback-shim.mjs',
  'packages/pool-process/src/worker-child.ts',
  'apps/worker/src/main.integration.test.ts',
];

describe('lint', () => {
  beforeAll(() => Promise.all([...bound, ...exempt, ...mayStart].map(rulesOf)), 60_000);

  test.each(goesOut)('refuses to go out beside policy-net: %s', async (code) => {
    for (const file of bound) {
      if (file.endsWith('.mjs') && !isScript(code)) continue;
      expect([file, (await complaints(file, code)).join()]).toEqual([
        file,
        expect.stringContaining('Outgoing connections belong to policy-net'),
      ]);
    }
  });

  test.each(stays)('leaves alone what stays inside: %s', async (code) => {
    for (const file of bound) {
      if (file.endsWith('.mjs') && !isScript(code)) continue;
      expect([file, await complaints(file, code)]).toEqual([file, []]);
    }
  });

  test('leaves alone what is on the list of exemptions', async () => {
    for (const file of exempt) {
      const code = "import { connect } from 'node:net'; connect(80);";
      expect([file, await complaints(file, code)]).toEqual([file, []]);
    }
  });

  test('lets processes be started where that is what a file is for, and nowhere else', async () => {
    const code = "import { spawn } from 'node:child_process'; spawn('true');";
    const forking = "import { fork } from 'node:cluster'; fork();";
    for (const file of mayStart) expect([file, await complaints(file, code)]).toEqual([file, []]);
    expect((await complaints('apps/worker/src/run-worker.ts', forking)).join()).toContain(
      'cluster belongs to',
    );
    for (const file of [
      'packages/pool-docker/src/engine.ts',
      'apps/control-plane/src/cli/admin-client.ts',
      ...bound,
    ]) {
      if (file.startsWith('packages/pool-process/')) continue;
      expect([file, (await complaints(file, code)).join()]).toEqual([
        file,
        expect.stringContaining('child_process belongs to'),
      ]);
    }
  });
});
