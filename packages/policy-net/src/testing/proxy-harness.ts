import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NetworkSecurityPolicy } from '../policy.js';
import type { NetworkPolicyOptions } from '../policy-options.js';
import { identifyByListener } from '../proxy/agent-credentials.js';
import { createEgressProxy, type EgressProxy } from '../proxy/egress-proxy.js';
import type { EgressProxyOptions, ProxyAuditEvent } from '../proxy/proxy-options.js';
import { PUBLIC } from './harness.js';
import { takeEvent } from './whole-event.js';

/** An egress proxy on a loopback port, for agent `a1`, with what it recorded. */
export interface ProxyHarness {
  readonly proxy: EgressProxy;
  readonly port: number;
  readonly events: ProxyAuditEvent[];
  readonly lookups: string[];
  /** Policies by agent; change it and call `proxy.update()`. */
  readonly policies: Map<string, NetworkSecurityPolicy>;
  /** Sends raw bytes on a new connection and gives the socket. */
  readonly dial: (text: string) => Promise<Socket>;
  /** Sends raw bytes and gives all that comes back until the proxy closes. */
  readonly ask: (text: string) => Promise<string>;
}

/** Starts a proxy whose resolver answers from a table (`PUBLIC` for other names). */
export async function proxyHarness(
  options: Partial<EgressProxyOptions> & {
    readonly policy?: NetworkPolicyOptions;
    readonly dns?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Promise<ProxyHarness> {
  const { policy, dns, ...rest } = options;
  const events: ProxyAuditEvent[] = [];
  const lookups: string[] = [];
  const policies = new Map([['a1', new NetworkSecurityPolicy(policy ?? {})]]);
  const proxy = createEgressProxy({
    identify: identifyByListener,
    policyFor: (agent) => policies.get(agent),
    resolve: (host) => {
      lookups.push(host);
      return Promise.resolve(dns?.[host] ?? [PUBLIC]);
    },
    onAudit: (event) => {
      events.push(event);
      takeEvent(event);
    },
    ...rest,
  });
  const { address } = await proxy.listen({ port: 0, agent: 'a1' });
  const port = address.port ?? 0;
  const dial = async (text: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text, 'latin1');
    return socket;
  };
  const ask = async (text: string): Promise<string> => {
    const socket = await dial(text);
    const answer = await readAll(socket);
    socket.destroy();
    return answer;
  };
  return { proxy, port, events, lookups, policies, dial, ask };
}

/** Gives what a socket receives until its end, as latin1. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.destroyed) {
    await new Promise<void>((resolve) => socket.once('end', resolve).once('close', resolve));
  }
  return Buffer.concat(chunks).toString('latin1');
}

/** Gives what a socket receives until `text` has come. */
export async function readUntil(socket: Socket, text: string): Promise<string> {
  let received = '';
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received += chunk.toString('latin1');
    if (received.includes(text)) return received;
  }
}

/** Gives the bytes that this process holds in its heap and in buffers, without what is garbage already. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Reads a little at a time, each time after the other side has stopped writing; `written` says what that has written. */
export async function readSlowly(socket: Socket, written: () => number): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    socket.pause();
    let last = -1;
    while (written() !== last) {
      last = written();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    let read = 0;
    socket.resume();
    while (read < 4 * 2 ** 20) read += ((await once(socket, 'data')) as [Buffer])[0].length;
  }
  socket.pause();
}

/** Watches this process's memory from now on, garbage of before collected; gives how far it rose at most. */
export function watchMemory(): () => number {
  heldBytes();
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  return () => {
    clearInterval(timer);
    return Math.max(peak, process.memoryUsage.rss()) - before;
  };
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error('the condition did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
