import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Confiner } from '../run/confiner.js';
import { runCommand, type RunOptions } from '../run/run-command.js';
import { rawPlan } from './raw-plan.js';

/** A host with things worth stealing: files beside a workspace, a process, services on TCP and unix sockets. */
export class EscapeHost {
  /** Directories with programs that attacks use. */
  readonly toolDirectories: readonly string[];
  readonly workspace: string;
  readonly #base: string;
  readonly #servers: Server[] = [];
  readonly #abstractName = `clawforce-escape-${process.pid}-${Math.random().toString(36).slice(2)}`;
  #victim!: ChildProcess;
  #datagrams: ChildProcess | undefined;
  #port = 0;

  constructor() {
    this.#base = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-escape-')));
    this.workspace = join(this.#base, 'workspace');
    const node = dirname(dirname(realpathSync(process.execPath)));
    const tools = join(this.#base, 'tools');
    mkdirSync(join(tools, 'bin'), { recursive: true });
    this.toolDirectories = [tools, ...(node === '/usr' || node === '/usr/local' ? [] : [node])];
  }

  /** Starts what attacks go for. `attacks` also compiles the program with raw system calls. */
  async start({ attacks = false } = {}): Promise<void> {
    this.#build();
    this.#victim = this.#newVictim();
    const tcp = createServer((socket) => socket.on('error', () => undefined).end());
    await this.#listen(tcp, 0);
    this.#port = (tcp.address() as { port: number }).port;
    await this.#listen(createServer(), this.#outside('host.sock'));
    await this.#listen(createServer(), `\0${this.#abstractName}`);
    process.env['CLAWFORCE_TEST_SECRET'] = 'granted to nobody';
    if (!attacks) return;
    const source = fileURLToPath(new URL('attacks.c', import.meta.url));
    const program = join(this.#base, 'tools/bin/attack');
    execFileSync('cc', ['-D_GNU_SOURCE', '-O1', '-Wall', '-Werror', '-o', program, source]);
    await this.#listenForDatagrams();
  }

  stop(): void {
    this.#victim.kill('SIGKILL');
    this.#datagrams?.kill('SIGKILL');
    for (const server of this.#servers) server.close();
    rmSync(this.#base, { recursive: true, force: true });
    delete process.env['CLAWFORCE_TEST_SECRET'];
  }

  /** Port of the TCP service. */
  get port(): number {
    return this.#port;
  }

  /** Runs a script in a fresh workspace and gives what it printed. */
  async attempt(script: string, confiner: Confiner, options: Partial<RunOptions> = {}): Promise<string> {
    this.#build();
    if (this.#victim.exitCode !== null || this.#victim.signalCode !== null) this.#victim = this.#newVictim();
    const filled = script
      .replaceAll('$OUTTMP', this.#leftover)
      .replaceAll('$OUT', this.#outside(''))
      .replaceAll('$VICTIM', String(this.#victim.pid))
      .replaceAll('$PORT', String(this.#port))
      .replaceAll('$ABSTRACT', this.#abstractName)
      .replaceAll('$HOSTHOME', homedir());
    const { stdout } = await runCommand(rawPlan(this.workspace, ['sh', '-c', filled]), {
      confiner,
      network: confiner.confined ? 'none' : 'host',
      timeoutMs: 10_000,
      ...options,
    });
    rmSync(this.#leftover, { force: true });
    return stdout.text;
  }

  /** Whether nothing outside has changed. */
  get unharmed(): boolean {
    return (
      readFileSync(this.#outside('secret'), 'utf8') === 'hush\n' &&
      readFileSync(this.#outside('doomed'), 'utf8') === 'hush\n' &&
      this.#victim.exitCode === null &&
      this.#victim.signalCode === null
    );
  }

  readonly #outside = (name: string): string => join(this.#base, 'outside', name);

  get #leftover(): string {
    return join(tmpdir(), `${this.#abstractName}-left`);
  }

  #build(): void {
    rmSync(this.workspace, { recursive: true, force: true });
    for (const directory of ['outside/empty', 'workspace/.config', 'workspace/.git/hooks']) {
      mkdirSync(join(this.#base, directory), { recursive: true });
    }
    for (const name of ['secret', 'doomed', 'movable']) writeFileSync(this.#outside(name), 'hush\n');
    rmSync(this.#outside('made'), { recursive: true, force: true });
    rmSync(this.#outside('program'), { force: true });
    writeFileSync(this.#outside('program'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    writeFileSync(join(this.workspace, '.config/agent.json'), '{"k":1}\n');
  }

  #newVictim(): ChildProcess {
    return spawn('sleep', ['86399'], { env: { VICTIMSECRET: '1', PATH: '/usr/bin:/bin' } });
  }

  #listen(server: Server, where: string | number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#servers.push(server);
      server.on('error', reject);
      if (typeof where === 'number') server.listen(where, '127.0.0.1', resolve);
      else server.listen(where, resolve);
    });
  }

  // Node has no unix datagram sockets.
  #listenForDatagrams(): Promise<void> {
    const script =
      'use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, sockaddr_un($ARGV[0])) or die; $| = 1; print "up\\n"; sleep 86399';
    const child = spawn('perl', ['-e', script, this.#outside('datagram.sock')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#datagrams = child;
    return new Promise((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('error', reject);
      child.once('exit', () => reject(new Error('the datagram socket was not opened')));
    });
  }
}
