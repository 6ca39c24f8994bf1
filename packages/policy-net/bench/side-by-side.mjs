/**
 * Scores this package and two filtering agents for node:http on the same corpus. Nothing leaves the machine: every TCP
 * connection attempt of this process is recorded and fails at once. A case to be denied counts as blocked when nothing was
 * attempted; one to be allowed counts as refused when nothing was.
 */
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGuardedFetch, NetworkSecurityPolicy } from '../dist/index.js';

const require = createRequire(import.meta.url);
const http = require('node:http');
const https = require('node:https');
const dns = require('node:dns');

const REFUSED = -111; // ECONNREFUSED
let attempts = [];
// The one place through which every outgoing TCP connection of Node passes.
const { TCP } = process.binding('tcp_wrap');
for (const name of ['connect', 'connect6']) {
  TCP.prototype[name] = (_request, address, port) => {
    attempts.push(`${address} ${port}`);
    return REFUSED;
  };
}

let answers = {};
const lookUp = (host) => answers[host.toLowerCase()] ?? [];
dns.lookup = (host, options, callback) => {
  const done = typeof options === 'function' ? options : callback;
  const all = typeof options === 'object' && options.all === true;
  const found = lookUp(host).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  process.nextTick(() => {
    if (found.length === 0) done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
    else if (all) done(null, found);
    else done(null, found[0].address, found[0].family);
  });
};

/** Asks through an agent for node:http, as axios and node-fetch do. */
const throughAgent = (agentFor) => (url) =>
  new Promise((resolve) => {
    try {
      const parsed = new URL(url);
      const { request } = parsed.protocol === 'https:' ? https : http;
      request(parsed, { agent: agentFor(url) }, (response) => response.resume())
        .on('error', resolve)
        .on('close', resolve)
        .end();
    } catch (error) {
      resolve(error);
    }
  });

/** A development dependency of the repository, pinned: without it this is no comparison and fails. */
async function rival(name, make) {
  const module = await import(name);
  const { version } = JSON.parse(readFileSync(join(findPackage(name), 'package.json'), 'utf8'));
  return [`${name} ${version}`, throughAgent(make(module.default?.useAgent ? module.default : module))];
}

function findPackage(name) {
  const directory = require.resolve
    .paths(name)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (directory === undefined) throw new Error(`${name} is not installed`);
  return directory;
}

const ours = async (url, { allowlist }) => {
  const guarded = createGuardedFetch(new NetworkSecurityPolicy({ allowlist }), {
    resolve: (host) => Promise.resolve(lookUp(host)),
  });
  await guarded(url).catch(() => undefined);
  await guarded.close();
};

const guards = [
  ['no guard (node:http)', throughAgent(() => undefined)],
  await rival(
    'request-filtering-agent',
    ({ useAgent }) =>
      (url) =>
        useAgent(url),
  ),
  await rival(
    'ssrf-req-filter',
    ({ default: filter }) =>
      (url) =>
        filter(url),
  ),
  ['@clawforce/policy-net', ours],
];

const corpus = readFileSync(new URL('../test/vectors/net.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
// Allowlists are ours alone; a filtering agent has no such thing.
const cases = corpus.filter(({ allowlist }) => allowlist === undefined);
const denied = cases.filter(({ expect }) => expect === 'deny');
const allowed = cases.filter(({ expect }) => expect === 'allow');

console.log(
  `${denied.length} cases to be denied, ${allowed.length} to be allowed (allowlist cases left out)\n`,
);
const missedBy = new Map();
for (const [name, ask] of guards) {
  const reached = [];
  const refused = [];
  for (const one of cases) {
    attempts = [];
    answers = one.dns ?? {};
    await ask(one.url, one);
    if (one.expect === 'deny' && attempts.length > 0) reached.push(one);
    if (one.expect === 'allow' && attempts.length === 0) refused.push(one);
  }
  missedBy.set(name, reached);
  const share = (100 * (denied.length - reached.length)) / denied.length;
  console.log(
    name.padEnd(34),
    `blocked ${denied.length - reached.length}/${denied.length} (${share.toFixed(1)} %)`.padEnd(28),
    `allowed cases refused ${refused.length}/${allowed.length}`,
  );
}
console.log('\nnot blocked, by category');
for (const [name, missed] of missedBy) {
  const counts = new Map();
  for (const { category } of missed) counts.set(category, (counts.get(category) ?? 0) + 1);
  const list = [...counts].sort((a, b) => b[1] - a[1]).map(([category, count]) => `${category} ${count}`);
  console.log(`${name}: ${list.length === 0 ? 'none' : list.join(', ')}`);
}
process.exitCode = missedBy.get('@clawforce/policy-net')?.length === 0 ? 0 : 1;
