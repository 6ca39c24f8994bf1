import { NetworkSecurityPolicy, type NetworkPolicyOptions } from '@clawforce/policy-net';
import type { EffectiveAgentConfig } from '@clawforce/protocol/config';

/** An endpoint of the control plane itself, which no agent reaches whatever its configuration says. */
export interface OwnEndpoint {
  readonly host?: string;
  /** Without host and address: the port on every address of this host. */
  readonly address?: string;
  readonly port: number;
}

/** What a network policy is made from. */
export type WebSettings = Pick<EffectiveAgentConfig, 'web' | 'docker' | 'ssrf_protection'>;

/** Ports that every agent's policy admits; others take an exception. */
export const WEB_PORTS = [80, 443, 8080, 8443] as const;

/** Gives an agent's network policy for the web, pages and commands alike, as its configuration states it. */
export function webPolicy(config: WebSettings, ownEndpoints: readonly OwnEndpoint[]): NetworkSecurityPolicy {
  return new NetworkSecurityPolicy(webPolicyOptions(config, ownEndpoints));
}

function webPolicyOptions(config: WebSettings, ownEndpoints: readonly OwnEndpoint[]): NetworkPolicyOptions {
  return {
    ...(isOpen(config) ? {} : { allowlist: config.web.allowlist }),
    ports: WEB_PORTS,
    exceptions: config.web.exceptions,
    allowPrivateNetwork: !config.ssrf_protection,
    denyOwnInterfaces: { endpoints: ownEndpoints },
  };
}

/** Whether commands have anything to reach, so that they need the egress proxy. */
export function commandsHaveWeb({ web, docker }: Pick<EffectiveAgentConfig, 'web' | 'docker'>): boolean {
  return isOpen({ web, docker }) || web.allowlist.length > 0 || web.exceptions.length > 0;
}

/**
 * Whether the agent may reach every public host. An empty list means that the operator has not narrowed the web; at
 * `sandboxed` it means that there is none yet (ARCHITECTURE section 5).
 */
function isOpen({ web, docker }: Pick<EffectiveAgentConfig, 'web' | 'docker'>): boolean {
  return web.allowlist.length === 0 && docker.level !== 'sandboxed';
}
