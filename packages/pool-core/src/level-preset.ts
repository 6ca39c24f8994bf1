import { ISOLATION_LEVELS, type IsolationLevel, type LevelRequirements } from './isolation-level.js';

/** An isolation level in the words of an operator. */
export interface LevelPreset {
  readonly level: IsolationLevel;
  /** Name on the card. */
  readonly name: LevelRequirements['uiName'];
  /** What the level is for, in one sentence. */
  readonly summary: string;
  /** What is kept from the agent, one sentence each. */
  readonly protections: readonly string[];
  /** What the agent may do, or what stops working, one sentence each. */
  readonly consequences: readonly string[];
}

const SUMMARIES: Readonly<Record<IsolationLevel, string>> = Object.freeze({
  sandboxed: 'For agents that read what strangers write: nothing but the model is within reach.',
  permissive: 'For ordinary work: the agent is kept in its box and may use the web under policy.',
  privileged: 'For agents that install software: root in the container, with fewer walls around it.',
});

/** Gives the preset of a level; its sentences follow from what a pool must enforce, so that both say the same. */
export function describeLevel(level: IsolationLevel): LevelPreset {
  const requirements = ISOLATION_LEVELS[level];
  const sentences = RULES.map((rule) => rule(requirements));
  return Object.freeze({
    level,
    name: requirements.uiName,
    summary: SUMMARIES[level],
    protections: Object.freeze(sentences.flatMap(({ protection }) => protection ?? [])),
    consequences: Object.freeze(sentences.flatMap(({ consequence }) => consequence ?? [])),
  });
}

interface Sentences {
  readonly protection?: string;
  readonly consequence?: string;
}

const RULES: readonly ((requirements: LevelRequirements) => Sentences)[] = [
  ({ user }) =>
    user === 'root'
      ? { consequence: 'The agent is root in its container: sudo and apt-get work.' }
      : { protection: 'The agent runs as an ordinary user.' },
  ({ capabilities }) =>
    capabilities === 'none'
      ? { protection: 'All kernel capabilities are dropped.' }
      : { consequence: 'The agent keeps the default kernel capabilities of the container engine.' },
  ({ noNewPrivileges }) =>
    noNewPrivileges
      ? { protection: 'No program can gain rights that the agent does not have.' }
      : { consequence: 'Programs with the setuid bit raise their rights.' },
  ({ seccomp }) =>
    seccomp === 'clawforce'
      ? { protection: 'Dangerous system calls are filtered.' }
      : { consequence: 'Only the default system call filter of the container engine applies.' },
  ({ network }) =>
    network === 'none'
      ? {
          protection: 'There is no network interface: the web is reached through the policy proxy alone.',
          consequence: 'Nothing but the model is reachable until the agent has an allowlist of hosts.',
        }
      : { consequence: 'The container has a network of its own and may dial hosts directly.' },
  ({ network, confineCommands }) =>
    network === 'own' && confineCommands
      ? {
          consequence:
            'Commands that may use the web can also dial one port number, that of the policy proxy, on any host.',
        }
      : {},
  ({ readOnlyRoot }) =>
    readOnlyRoot
      ? {
          protection: 'The file system of the container is read-only.',
          consequence: 'Software cannot be installed; only the workspace and /tmp can be written.',
        }
      : { consequence: 'The agent may change files of its container, which are gone after a restart.' },
  ({ tmpfs }) =>
    tmpfs
      ? { protection: 'Programs cannot be started from /tmp, and what is there is limited in size.' }
      : {},
  ({ pidsLimit }) =>
    pidsLimit === undefined
      ? { consequence: 'The number of processes is limited by the container engine alone.' }
      : { protection: `At most ${pidsLimit} processes run at once.` },
  ({ confineCommands }) =>
    confineCommands
      ? { protection: 'Every command is confined again inside the container.' }
      : { consequence: 'Commands reach everything in the container, the worker included.' },
];
