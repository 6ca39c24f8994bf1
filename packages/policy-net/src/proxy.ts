export { credentialDigest, identifyByCredentials, identifyByListener } from './proxy/agent-credentials.js';
export { createEgressProxy } from './proxy/egress-proxy.js';
export type { EgressProxy, ProxyListener } from './proxy/egress-proxy.js';
export type { UpstreamProxy } from './client/upstream.js';
export { DEFAULT_PROXY_LIMITS } from './proxy/proxy-options.js';
export type {
  EgressProxyOptions,
  Identify,
  ListenTarget,
  ProxyAuditEvent,
  ProxyClient,
  ProxyLimits,
} from './proxy/proxy-options.js';
