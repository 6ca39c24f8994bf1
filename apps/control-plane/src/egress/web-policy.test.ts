import { effectiveConfig, parseAgentConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { describe, expect, it } from 'vitest';
import { commandsHaveWeb, webPolicy } from './web-policy.js';

function configOf(level: string, fetch: unknown): EffectiveAgentConfig {
  const parsed = parseAgentConfig({ security: { docker: { level } }, tools: { web: { fetch } } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return effectiveConfig(parsed.config);
}
const admits = (config: EffectiveAgentConfig, url: string): boolean =>
  webPolicy(config, []).checkUrl(url).effect === 'allow';

describe('the web of an agent', () => {
  it('is every public host until an operator narrows it', () => {
    const config = configOf('permissive', {});
    expect([admits(config, 'https://example.com/'), commandsHaveWeb(config)]).toEqual([true, true]);
    const narrowed = configOf('permissive', { allowlist: ['docs.example.com'] });
    expect(admits(narrowed, 'https://example.com/')).toBe(false);
    expect(admits(narrowed, 'https://docs.example.com/')).toBe(true);
  });

  it('is nothing at sandboxed until there is an allowlist or an exception', () => {
    const config = configOf('sandboxed', {});
    expect([admits(config, 'https://example.com/'), commandsHaveWeb(config)]).toEqual([false, false]);
    const listed = configOf('sandboxed', { allowlist: ['example.com'] });
    expect([admits(listed, 'https://example.com/'), commandsHaveWeb(listed)]).toEqual([true, true]);
    expect(admits(listed, 'https://other.example.com/')).toBe(false);
    const excepted = configOf('sandboxed', { exceptions: [{ address: '10.1.2.3', port: 8443 }] });
    expect([admits(excepted, 'https://10.1.2.3:8443/'), commandsHaveWeb(excepted)]).toEqual([true, true]);
    expect(admits(excepted, 'https://example.com/')).toBe(false);
  });
});
