import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { newInstallation, type Installation } from './product.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a person brings along: the rest of the environment belongs to the tests, and `npm` sees its own settings only. */
const KEPT =
  /^(PATH|HOME|TMPDIR|DOCKER_HOST|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|(https?|no|all)_proxy|npm_config_(?!local_prefix|prefix|global).*)$/i;

/** The repository as a new user has it. */
export interface FreshClone {
  readonly directory: string;
  /** An empty installation; no runtime is set, and `npm` takes from its cache what is there. */
  readonly installation: Installation;
  /** Seconds that the clone took. */
  readonly seconds: number;
  remove(): void;
}

/** Clones what is committed here; from a checkout without its history, what would be committed. */
export function cloneRepository(): FreshClone {
  const scratch = mkdtempSync(join(tmpdir(), 'cf-clone-'));
  const directory = join(scratch, 'clawforce');
  const installation = newInstallation();
  const remove = (): void => {
    installation.remove();
    // Sixty thousand files: the program needs a fraction of the time.
    execFileSync('rm', ['-rf', scratch]);
  };
  try {
    const git = gitOf(join(scratch, 'gitconfig'));
    const source = existsSync(join(root, '.git')) ? root : commitOf(git, join(scratch, 'source.git'));
    const began = performance.now();
    // As a URL, so that nothing is linked.
    git('clone', '--quiet', '--depth', '1', pathToFileURL(source).href, directory);
    const seconds = (performance.now() - began) / 1000;
    return { directory, installation: { ...installation, env: environment(installation) }, seconds, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function environment({ env }: Installation): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name)) as [string, string][];
  const { HOME: _home, ADMIN_RUNTIME_BACKEND: _backend, ...installation } = env;
  return { ...installation, ...Object.fromEntries(kept), npm_config_prefer_offline: 'true' };
}

function commitOf(git: Git, repository: string): string {
  git('init', '--quiet', '--bare', repository);
  const there = ['--git-dir', repository, '--work-tree', root];
  git(...there, 'add', '--all', '.');
  git(
    ...there,
    ...['-c', 'user.name=test', '-c', 'user.email=test@localhost'],
    ...['commit', '--quiet', '-m', 'what is here'],
  );
  return repository;
}

type Git = (...args: readonly string[]) => void;

function gitOf(settings: string): Git {
  // The checkout may belong to another user than the tests run as.
  writeFileSync(settings, '[safe]\n\tdirectory = *\n');
  // What a run that is itself started by git is told would lead this one elsewhere.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  return (...args) => {
    execFileSync('git', args, {
      cwd: root,
      env: { ...env, GIT_CONFIG_GLOBAL: settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
}
