import { styleText } from 'node:util';
import type { AgentPool, PoolProbe } from '@clawforce/pool-core';
import type { ConfinerProbe } from '@clawforce/policy-shell/run';
import { isDefaultStorageRoot, type Settings } from '../settings/index.js';
import { VERSION } from '../version.js';
import type { Backend } from './backend.js';
import { commandWalls } from './command-walls.js';

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
  readonly fileGuard: 'kernel' | 'detect';
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
  );
  const { selection, image } = facts.backend;
  if (selection.reason !== undefined) lines.push(`  ${no} Docker is not used: ${selection.reason}`);
  if (image) {
    lines.push(
      image.custom
        ? `  ${no} Worker image: ${image.name} (a custom one: what is in it is the operator's word).`
        : `  ${yes} Worker image: ${image.name}.`,
    );
  }
  for (const sentence of facts.probe.enforced) lines.push(`  ${yes} ${sentence}`);
  const walls = commandWalls({
    pool: facts.backend.pool.kind,
    confiners: facts.confiners,
    unconfinedExec: facts.settings.unconfinedExec,
  });
  for (const sentence of walls.enforced) lines.push(`  ${yes} ${sentence}`);
  for (const sentence of walls.notEnforced) lines.push(`  ${no} ${sentence}`);
  lines.push(
    facts.fileGuard === 'kernel'
      ? `  ${yes} File tools cannot leave an agent's directory, even while links are swapped (descriptor walk).`
      : `  ${no} File tools detect an escape from an agent's directory but cannot exclude a race on this platform (macOS).`,
  );
  for (const sentence of facts.probe.notEnforced) lines.push(`  ${no} ${sentence}`);
  const named = facts.settings.setup?.username;
  if (named !== undefined && named !== facts.firstUser) {
    lines.push(`  ${no} ADMIN_SETUP_USERNAME has no effect: the first user is "${facts.firstUser}" already.`);
  }
  for (const warning of facts.settings.warnings) lines.push(`  ${no} ${warning}`);
  lines.push(
    '',
    'Try the demo agent in another terminal:',
    `  npx clawforce ${at}agent start demo && npx clawforce ${at}agent send demo "Do your job."`,
    '',
    'Stop with Ctrl+C.',
    '',
  );
  return lines.join('\n');
}
