import type { ConfinerProbe } from '@clawforce/policy-shell/run';

/** What decides how commands of agents are held. */
export interface CommandWallsFacts {
  /** Name of the pool that runs the workers. */
  readonly pool: string;
  readonly confiners: readonly ConfinerProbe[];
  /** The switch `CLAWFORCE_UNCONFINED_EXEC`. */
  readonly unconfinedExec: boolean;
}

/** What holds the commands of agents on this host and what does not, in sentences. */
export interface CommandWalls {
  readonly enforced: readonly string[];
  readonly notEnforced: readonly string[];
}

/** What Landlock leaves open beside its walls, see packages/policy-shell/native/README.md. */
const LANDLOCK_GAPS: readonly string[] = [
  'Commands that may use the web can dial one port number, that of the policy proxy, on any host that there is a route to: Landlock limits ports, not addresses.',
  'Names inside the workspace, such as .git/hooks, are not masked from commands (Landlock).',
];

/** Gives what holds the commands of agents. The probes are of this host; each worker tries again at its start. */
export function commandWalls({ pool, confiners, unconfinedExec }: CommandWallsFacts): CommandWalls {
  return pool === 'docker'
    ? insideContainers(confiners, unconfinedExec)
    : onThisHost(confiners, unconfinedExec);
}

function insideContainers(confiners: readonly ConfinerProbe[], unconfinedExec: boolean): CommandWalls {
  // Containers share this kernel, so what is missing here is missing there.
  const landlock = confiners.find(({ backend }) => backend === 'landlock');
  const mandatory = unconfinedExec
    ? ['CLAWFORCE_UNCONFINED_EXEC=1 has no effect inside containers: there commands are confined or refused.']
    : [];
  return landlock?.works === false
    ? {
        enforced: mandatory,
        notEnforced: [`Commands of agents are refused inside their containers: ${landlock.detail}.`],
      }
    : {
        enforced: [
          'Commands of agents are confined once more inside their container (Landlock), at sandboxed and permissive.',
          ...mandatory,
        ],
        notEnforced: LANDLOCK_GAPS,
      };
}

function onThisHost(confiners: readonly ConfinerProbe[], unconfinedExec: boolean): CommandWalls {
  const working = confiners.find(({ works }) => works);
  if (working) {
    return {
      enforced: [
        working.backend === 'bwrap'
          ? 'Commands of agents run confined (bwrap): own namespaces, no network but the policy proxy, workspace only.'
          : 'Commands of agents run confined (landlock): system calls filtered, no network but the policy proxy, workspace only.',
      ],
      notEnforced: [
        ...(working.backend === 'landlock' ? LANDLOCK_GAPS : []),
        ...(unconfinedExec
          ? ['CLAWFORCE_UNCONFINED_EXEC=1: a worker whose confiner fails runs commands WITHOUT confinement.']
          : []),
      ],
    };
  }
  if (unconfinedExec) {
    return {
      enforced: [],
      notEnforced: [
        'CLAWFORCE_UNCONFINED_EXEC=1: commands of agents run WITHOUT confinement, as your own user.',
      ],
    };
  }
  const details = confiners.map(({ backend, detail }) => `${backend}: ${detail}`).join('; ');
  return {
    enforced: [],
    notEnforced: [
      `Commands of agents are refused: no confiner works here (${details}). On Debian: apt-get install bubblewrap.`,
    ],
  };
}
