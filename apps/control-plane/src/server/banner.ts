import { styleText } from 'node:util';
import type { AgentPool, PoolProbe } from '@clawforce/pool-core';
import type { ConfinerProbe } from '@clawforce/policy-shell/run';
import { isDefaultStorageRoot, type Settings } from '../settings/index.js';
import { VERSION } from '../version.js';
import type { Backend } from './backend.js';
import { commandWalls } from './command-walls.js';
import type { FileGuard } from './file-guard.js';

/** What the banner tells of. */
export interface BannerFacts {
  readonly settings: Settings;
  readonly url: string;
  readonly setupLink: string | undefined;
  /** Name of the first superadmin. */
  readonly firstUser: string;
  readonly backend: Pick<Backend, 'selection' | 'image'> & { readonly pool: Pick<AgentPool, 'kind'> };
  readonly probe: PoolProbe;
  readonly confiners: readonly ConfinerProbe[];
  readonly fileGuard: FileGuard;
}

/** Gives what the server prints when it runs: where it is, and what is and is not enforced on this host. */
export function banner(facts: BannerFacts, color: boolean): string {
  const paint = (style: 'bold' | 'green' | 'yellow' | 'cyan', text: string): string =>
    color ? styleText(style, text) : text;
  const yes = paint('green', '✓');
  const no = paint('yellow', '!');
  const { storageRoot } = facts.settings;
  const at = isDefaultStorageRoot(storageRoot) ? '' : `-d ${storageRoot} `;
  const lines = ['', `${paint('bold', `Clawforce ${VERSION}`)} is running at ${paint('cyan', facts.url)}`];
  if (facts.setupLink !== undefined) {
    lines.push(
      '',
      `Set the password of "${facts.firstUser}" with this one-time link (15 minutes, works once):`,
      `  ${paint('cyan', facts.setupLink)}`,
    );
  }
  lines.push(
    '',
    `Runtime: ${paint('bold', facts.backend.pool.kind)} (${facts.probe.engine}), ${facts.settings.mode} mode. On this host:`,
    ...standing(facts).map(({ holds, sentence }) => `  ${holds ? yes : no} ${sentence}`),
    '',
    'Try the demo agent in another terminal:',
    `  npx clawforce ${at}agent start demo && npx clawforce ${at}agent send demo "Do your job."`,
    '',
    'Stop with Ctrl+C.',
    '',
  );
  return lines.join('\n');
}

/** Gives the same for programs, for `serve --json`. */
export function startReport(facts: BannerFacts): Readonly<Record<string, unknown>> {
  const sentences = (wanted: boolean): string[] =>
    standing(facts).flatMap(({ holds, sentence }) => (holds === wanted ? [sentence] : []));
  return {
    version: VERSION,
    url: facts.url,
    setup_link: facts.setupLink ?? null,
    first_user: facts.firstUser,
    runtime: facts.backend.pool.kind,
    engine: facts.probe.engine,
    mode: facts.settings.mode,
    enforced: sentences(true),
    not_enforced: sentences(false),
  };
}

interface Standing {
  readonly holds: boolean;
  readonly sentence: string;
}

/** What is and is not enforced on this host, in the order in which a person reads it. */
function standing({ settings, firstUser, backend, probe, confiners, fileGuard }: BannerFacts): Standing[] {
  const held = (sentence: string): Standing => ({ holds: true, sentence });
  const open = (sentence: string): Standing => ({ holds: false, sentence });
  const { selection, image } = backend;
  const walls = commandWalls({
    pool: backend.pool.kind,
    confiners,
    unconfinedExec: settings.unconfinedExec,
  });
  const named = settings.setup?.username;
  return [
    ...(selection.reason === undefined ? [] : [open(`Docker is not used: ${selection.reason}`)]),
    ...(image === undefined
      ? []
      : [
          image.custom
            ? open(`Worker image: ${image.name} (a custom one: what is in it is the operator's word).`)
            : held(`Worker image: ${image.name}.`),
        ]),
    ...probe.enforced.map(held),
    ...walls.enforced.map(held),
    ...walls.notEnforced.map(open),
    fileGuard === 'kernel'
      ? held("File tools cannot leave an agent's directory, even while links are swapped (descriptor walk).")
      : open(
          "File tools detect an escape from an agent's directory but cannot exclude a race on this platform (macOS).",
        ),
    ...probe.notEnforced.map(open),
    ...(named === undefined || named === firstUser
      ? []
      : [open(`ADMIN_SETUP_USERNAME has no effect: the first user is "${firstUser}" already.`)]),
    ...settings.warnings.map(open),
  ];
}
