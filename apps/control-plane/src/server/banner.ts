import { styleText } from 'node:util';
import type { AgentPool, PoolProbe } from '@clawforce/pool-core';
import type { ConfinerProbe } from '@clawforce/policy-shell/run';
import { isDefaultStorageRoot, type Settings } from '../settings/index.js';
import { VERSION } from '../version.js';
import type { Backend } from './backend.js';

/** What the banner tells of. */
export interface BannerFacts {
  readonly settings: Settings;
  readonly url: string;
  readonly setupLink: string | undefined;
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
      'Set the first password with this one-time link (15 minutes, works once):',
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
  for (const line of commandLines(facts, yes, no)) lines.push(`  ${line}`);
  lines.push(
    facts.fileGuard === 'kernel'
      ? `  ${yes} File tools cannot leave an agent's directory, even while links are swapped (descriptor walk).`
      : `  ${no} File tools detect an escape from an agent's directory but cannot exclude a race on this platform (macOS).`,
  );
  for (const sentence of facts.probe.notEnforced) lines.push(`  ${no} ${sentence}`);
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

const walls: Readonly<Record<ConfinerProbe['backend'], string>> = {
  bwrap: 'own namespaces, no network but the policy proxy, workspace only',
  landlock: 'system calls filtered, no network, workspace only; names inside the workspace are not masked',
};

function commandLines(
  { settings, confiners, backend }: BannerFacts,
  yes: string,
  no: string,
): readonly string[] {
  if (backend.pool.kind === 'docker') {
    const landlock = confiners.find((confiner) => confiner.backend === 'landlock');
    // Containers share this kernel; each worker tries it again at its start and says so in its status.
    return landlock?.works === false
      ? [`${no} Commands of agents are refused inside their containers: ${landlock.detail}.`]
      : [
          `${yes} Commands of agents are confined once more inside their container (Landlock), up to sandboxed and permissive.`,
        ];
  }
  const working = confiners.find(({ works }) => works);
  if (working) {
    return [
      `${yes} Commands of agents run confined (${working.backend}): ${walls[working.backend]}.`,
      ...(settings.unconfinedExec
        ? [
            `${no} CLAWFORCE_UNCONFINED_EXEC=1: a worker whose confiner fails runs commands WITHOUT confinement.`,
          ]
        : []),
    ];
  }
  if (settings.unconfinedExec) {
    return [
      `${no} CLAWFORCE_UNCONFINED_EXEC=1: commands of agents run WITHOUT confinement, as your own user.`,
    ];
  }
  const details = confiners.map(({ backend, detail }) => `${backend}: ${detail}`).join('; ');
  return [
    `${no} Commands of agents are refused: no confiner works here (${details}). On Debian: apt-get install bubblewrap.`,
  ];
}
