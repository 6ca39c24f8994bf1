import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/**
 * Gives the user who opened the other end of a connection over loopback, as the kernel has it; `undefined` when it does
 * not say (proc_pid_net(5): the row of that end, in the table of its family).
 */
export async function peerUser({ remotePort, localPort }: Socket): Promise<number | undefined> {
  if (remotePort === undefined || localPort === undefined) return undefined;
  for (const [table, loopback] of TABLES) {
    const ends = `${end(loopback, remotePort)} ${end(loopback, localPort)}`;
    for (const line of (await rowsOf(table)).split('\n')) {
      const [, local, remote, , , , , user] = line.trim().split(/\s+/);
      if (user !== undefined && `${local ?? ''} ${remote ?? ''}` === ends) return Number(user);
    }
  }
  return undefined;
}

/** 127.0.0.1 as the kernel prints it on this machine, and mapped into IPv6: in words of 32 bits, each in host order. */
const word = (...bytes: readonly number[]): string =>
  new Uint32Array(Uint8Array.from(bytes).buffer)[0]?.toString(16).toUpperCase().padStart(8, '0') ?? '';
const LOOPBACK = word(127, 0, 0, 1);
const TABLES = [
  ['/proc/self/net/tcp', LOOPBACK],
  ['/proc/self/net/tcp6', `${'0'.repeat(16)}${word(0, 0, 0xff, 0xff)}${LOOPBACK}`],
] as const;

function end(address: string, port: number): string {
  return `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

async function rowsOf(table: string): Promise<string> {
  try {
    return await readFile(table, 'latin1');
  } catch {
    return '';
  }
}
