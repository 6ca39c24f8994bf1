import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An engine of its own in a network namespace of its own, so that the first one never notices. */
export class SecondEngine {
  readonly directory: string;
  readonly #remapsUsers: boolean;
  #daemon: ChildProcess | undefined;

  constructor(directory: string, { remapsUsers = false }: { readonly remapsUsers?: boolean } = {}) {
    this.directory = directory;
    this.#remapsUsers = remapsUsers;
  }

  get address(): string {
    return `unix://${this.directory}/docker.sock`;
  }

  async start(): Promise<void> {
    const at = (name: string): string => join(this.directory, name);
    const daemon = [
      ...['dockerd', '--host', this.address, '--data-root', at('data'), '--exec-root', at('exec')],
      ...['--pidfile', at('pid'), '--bridge', 'none', '--iptables=false', '--log-level', 'error'],
      ...['--cgroup-parent', `/clawforce-second-${process.pid}`],
    ];
    if (this.#remapsUsers) {
      // Its remapped root has to reach its own files.
      await chmod(this.directory, 0o711);
      await writeFile(at('ids'), 'nobody:500000:65536\nnogroup:500000:65536\n');
      // The daemon reads them from /etc; in a mount namespace of its own that of the host stays as it is.
      const mounts = ['uid', 'gid'].map((kind) => `mount --bind "$0" /etc/sub${kind}`).join(' && ');
      this.#daemon = spawn(
        'unshare',
        ['-nm', 'sh', '-c', `${mounts} && exec "$@"`, at('ids'), ...daemon, '--userns-remap=nobody:nogroup'],
        { stdio: 'ignore' },
      );
    } else {
      this.#daemon = spawn('unshare', ['-n', ...daemon], { stdio: 'ignore' });
    }
    await this.#until(async () => (await this.answers()) || undefined);
  }

  async answers(): Promise<boolean> {
    return run('docker', ['-H', this.address, 'info'], { timeout: 10_000 }).then(
      () => true,
      () => false,
    );
  }

  async load(image: string): Promise<void> {
    await run('sh', ['-c', `docker save '${image}' | docker -H '${this.address}' load`], {
      timeout: 120_000,
    });
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await gone;
  }

  async #until(probe: () => Promise<true | undefined>): Promise<void> {
    const deadline = Date.now() + 90_000;
    while (!(await probe())) {
      if (this.#daemon?.exitCode !== null || Date.now() > deadline)
        throw new Error('the second engine did not start');
      await sleep(200);
    }
  }
}
