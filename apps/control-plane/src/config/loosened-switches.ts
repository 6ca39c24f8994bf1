import type { EffectiveAgentConfig } from '@clawforce/protocol/config';

/**
 * Names the switches that become looser although any owner may set them: whoever only holds a stolen access token must
 * not open an agent that its owner has closed.
 */
export function loosenedSwitches(old: EffectiveAgentConfig, next: EffectiveAgentConfig): string[] {
  const loosened: string[] = [];
  const { policy: before } = old.exec;
  const { policy: after } = next.exec;
  if (!before.relaxed && after.relaxed) loosened.push('tools.exec.policy.relaxed');
  if (MODE_LOOSENESS[after.mode] > MODE_LOOSENESS[before.mode]) loosened.push('tools.exec.policy.mode');
  if (adds(after.deny, before.deny)) loosened.push('tools.exec.policy.deny');
  if (before.mode === 'allowlist' && after.mode === 'allowlist' && adds(before.allow, after.allow))
    loosened.push('tools.exec.policy.allow');
  if (asksLess(old.approval, next.approval)) loosened.push('tools.approval');
  // An empty list means that the web is not narrowed.
  const { allowlist } = old.web;
  if (allowlist.length > 0 && (next.web.allowlist.length === 0 || adds(allowlist, next.web.allowlist)))
    loosened.push('tools.web.fetch.allowlist');
  if (old.docker.network_mode === 'none' && next.docker.network_mode !== 'none')
    loosened.push('security.docker.network_mode');
  if (old.docker.read_only === true && next.docker.read_only !== true)
    loosened.push('security.docker.read_only');
  return loosened;
}

const MODE_LOOSENESS = { deny_all: 0, allowlist: 1, allow_all: 2 } as const;

function adds(before: readonly string[], after: readonly string[]): boolean {
  const known = new Set(before);
  return after.some((entry) => !known.has(entry));
}

type Approval = EffectiveAgentConfig['approval'];

function asksLess(before: Approval, after: Approval): boolean {
  const asks = ({ per_tool: perTool, default_mode: fallback }: Approval, tool: string): boolean =>
    (Object.hasOwn(perTool, tool) ? perTool[tool] : fallback) === 'ask_before_run';
  if (before.default_mode === 'ask_before_run' && after.default_mode !== 'ask_before_run') return true;
  const tools = new Set([...Object.keys(before.per_tool), ...Object.keys(after.per_tool)]);
  return [...tools].some((tool) => asks(before, tool) && !asks(after, tool));
}
