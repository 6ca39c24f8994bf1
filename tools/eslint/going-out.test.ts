import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import { parser, plugin } from 'typescript-eslint';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const RULES = [
  '@typescript-eslint/no-restricted-imports',
  'no-restricted-globals',
  'no-restricted-syntax',
] as const;

/** The rules about going out as the real configuration has them for a file, without the types that other rules need. */
const configs = new Map<string, Linter.Config>();
async function rulesOf(file: string): Promise<Linter.Config> {
  const known = configs.get(file);
  if (known !== undefined) return known;
  const { rules = {} } = (await new ESLint({ cwd: root }).calculateConfigForFile(file)) as Linter.Config;
  const config: Linter.Config = {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parser,
      globals: { fetch: 'readonly', WebSocket: 'readonly', globalThis: 'readonly' },
    },
    plugins: { '@typescript-eslint': plugin },
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
];
const stays = [
  "import { createServer, type IncomingMessage } from 'node:http'; createServer((_: IncomingMessage) => undefined);",
  "import { createServer } from 'node:net'; createServer();",
  "import type { Socket } from 'node:net'; export const count = (_: Socket) => 1;",
  'const fetch = (url: string) => url; fetch("x");',
];

/** One file of each part of the product that has to go out by policy-net. */
const bound = [
  'apps/control-plane/src/broker/agent-traffic.ts',
  'apps/control-plane/src/egress/egress-gateway.ts',
  'apps/worker/src/run-worker.ts',
  'packages/agent-runtime/src/web/page-text.ts',
  'packages/policy-core/src/decision.ts',
  'packages/policy-fs/src/index.ts',
  'packages/pool-docker/src/docker-pool.ts',
  'packages/secrets-redact/src/index.ts',
];
/** The exemptions that issue 5 names, in one list: `ignores` of the rule in eslint.config.mjs. */
const exempt = [
  'packages/policy-net/src/client/dial.ts',
  'packages/policy-shell/src/run/loopback-shim.ts',
  'packages/pool-process/src/probe.ts',
  'packages/protocol/src/link/client/connection.ts',
  'apps/control-plane/src/cli/admin-client.ts',
  'apps/control-plane/src/broker/agent-traffic.integration.test.ts',
];

describe('lint', () => {
  beforeAll(() => Promise.all([...bound, ...exempt].map(rulesOf)), 60_000);

  test.each(goesOut)('refuses to go out beside policy-net: %s', async (code) => {
    for (const file of bound) {
      expect([file, (await complaints(file, code)).join()]).toEqual([
        file,
        expect.stringContaining('Outgoing connections belong to policy-net'),
      ]);
    }
  });

  test.each(stays)('leaves alone what stays inside: %s', async (code) => {
    for (const file of bound) expect([file, await complaints(file, code)]).toEqual([file, []]);
  });

  test('leaves alone what is on the list of exemptions', async () => {
    for (const file of exempt) {
      const code = "import { connect } from 'node:net'; connect(80);";
      expect([file, await complaints(file, code)]).toEqual([file, []]);
    }
  });
});
