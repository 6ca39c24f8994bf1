import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';

const script = fileURLToPath(new URL('../testing/silent-name-servers.ts', import.meta.url));

requires('netns', 'mounts').test(
  'as shipped, names whose servers are silent cost the one client that asks for them its lookups, and not another one',
  async () => {
    const setUp = [
      'ip link set lo up',
      'ip addr add 93.184.215.14/32 dev lo',
      'mount -t tmpfs none /mnt',
      "printf 'nameserver 127.0.0.1\\n' > /mnt/resolv.conf",
      'mount --bind /mnt/resolv.conf /etc/resolv.conf',
    ].join(' && ');
    const child = spawn(
      'unshare',
      [
        ...['--net', '--mount', 'sh', '-c'],
        `${setUp} && exec "$0" --conditions=@clawforce/source --import tsx "$1"`,
        process.execPath,
        script,
      ],
      // The pool of four threads that everybody has who says nothing.
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: undefined } },
    );
    let line = '';
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      line += chunk;
      if (line.endsWith('\n')) break;
    }
    child.kill('SIGKILL');
    expect(JSON.parse(line)).toMatchObject({
      // One thread of the two that libuv has for this is lost to the silent names, the other serves whoever asks.
      answered: 'public',
      again: 'public',
      count: { 'net.dns.timeout': 257, 'net.dns.too-many-lookups': 15 },
      askedInAll: 1,
    });
  },
  40_000,
);
