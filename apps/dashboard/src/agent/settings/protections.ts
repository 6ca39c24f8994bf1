/** A protection that can be taken off, and what that means in plain words. */
export interface Protection {
  readonly pointer: string;
  readonly label: string;
  /** While it is on. */
  readonly on: string;
  /** While it is off. */
  readonly off: string;
  /** The value that stands for on; anything else is off. */
  readonly onValue: boolean | 'none';
  /** Whether it is on while the configuration says nothing. */
  readonly onByDefault: boolean;
  /** Taking it off is for a superadmin alone. */
  readonly superadminOnly: boolean;
}

/** The protections of an agent beside its level. */
export const PROTECTIONS: readonly Protection[] = [
  {
    pointer: '/tools/restrict_to_workspace',
    label: 'Keep commands inside the workspace',
    on: 'Commands may name paths in the workspace only.',
    off: 'Off: commands may name any path that the worker can read, such as configuration of the host without a container.',
    onValue: true,
    onByDefault: true,
    superadminOnly: true,
  },
  {
    pointer: '/tools/ssrf_protection',
    label: 'Refuse private addresses',
    on: 'The web tools reach public addresses only; exceptions are listed under Web.',
    off: 'Off: the agent may reach machines of your own network, with whatever they trust it with. Metadata services of clouds stay refused.',
    onValue: true,
    onByDefault: true,
    superadminOnly: true,
  },
  {
    pointer: '/security/docker/network_mode',
    label: 'No network in the container',
    on: 'Programs of the agent have no network interface; the web is reached through the policy proxy alone.',
    off: 'Off: the network is that of the level. Safe has none in any case.',
    onValue: 'none',
    onByDefault: false,
    superadminOnly: false,
  },
  {
    pointer: '/security/docker/read_only',
    label: 'Read-only container',
    on: 'Only the workspace and /tmp can be written.',
    off: 'Off: whether the container can be written is that of the level. Safe is read-only in any case.',
    onValue: true,
    onByDefault: false,
    superadminOnly: false,
  },
];
