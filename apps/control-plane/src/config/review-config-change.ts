import { NetworkSecurityPolicy } from '@clawforce/policy-net';
import { LEVEL_LOOSENESS } from '@clawforce/pool-core';
import { effectiveConfig, type AgentConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { ScriptError, parseScript } from '../broker/providers/script.js';
import { ApiError, type ApiIssue } from '../errors/api-error.js';
import { loosenedSwitches } from './loosened-switches.js';
import { webEntryIssues } from './review-web-entries.js';

/** What a change of configuration means. */
export interface ConfigReview {
  /** Top-level paths that differ, without any value. */
  readonly changed: readonly string[];
  /** Safety switches that the change loosens; each needs a fresh password. */
  readonly loosens: readonly string[];
}

/**
 * Refuses what the caller's role may not change and what cannot work, and names what becomes looser. Entries that stand
 * in `reviewed`, another agent's configuration, are taken as they are.
 * @throws ApiError FORBIDDEN, CONFIG_INVALID
 */
export function reviewConfigChange(
  before: AgentConfig,
  after: AgentConfig,
  role: 'superadmin' | 'admin' | 'viewer',
  reviewed?: EffectiveAgentConfig,
): ConfigReview {
  const old = effectiveConfig(before);
  const next = effectiveConfig(after);
  const issues: ApiIssue[] = webEntryIssues([old, ...(reviewed ? [reviewed] : [])], next);
  const loosens: string[] = [];
  const needsSuperadmin: string[] = [];

  if (LEVEL_LOOSENESS[next.docker.level] > LEVEL_LOOSENESS[old.docker.level]) {
    loosens.push('security.docker.level');
    needsSuperadmin.push('security.docker.level');
  }
  for (const key of ['restrict_to_workspace', 'ssrf_protection'] as const) {
    if (old[key] && !next[key]) {
      loosens.push(`tools.${key}`);
      needsSuperadmin.push(`tools.${key}`);
    }
  }
  if (addsException(old, next)) {
    loosens.push('tools.web.fetch.exceptions');
    needsSuperadmin.push('tools.web.fetch.exceptions');
  }
  loosens.push(...loosenedSwitches(old, next));

  const lexical = new NetworkSecurityPolicy();
  for (const [name, provider] of Object.entries(next.providers)) {
    const pointer = `/providers/${name}`;
    if (provider.script !== undefined) issues.push(...scriptIssues(`${pointer}/script`, provider.script));
    if (provider.api_base === undefined || provider.api_base === old.providers[name]?.api_base) continue;
    const kind = baseKind(provider.api_base, lexical);
    if (kind === 'private') needsSuperadmin.push(`providers.${name}.api_base`);
    if (kind === 'unusable') {
      issues.push({
        pointer: `${pointer}/api_base`,
        message:
          'must be a public URL, or for a private service localhost or the address itself, such as http://192.168.1.20:11434/v1.',
      });
    }
  }
  if (issues.length > 0) {
    throw new ApiError(
      'CONFIG_INVALID',
      `The configuration is not valid: ${issues[0]?.pointer ?? ''} ${issues[0]?.message ?? ''}`,
      { issues },
    );
  }
  if (needsSuperadmin.length > 0 && role !== 'superadmin') {
    throw new ApiError(
      'FORBIDDEN',
      `Only a superadmin may change ${needsSuperadmin.join(', ')} in this way.`,
    );
  }
  return { changed: changedPaths(before, after), loosens };
}

function addsException(old: EffectiveAgentConfig, next: EffectiveAgentConfig): boolean {
  const known = new Set(old.web.exceptions.map(({ address, port }) => `${address} ${port}`));
  return next.web.exceptions.some(({ address, port }) => !known.has(`${address} ${port}`));
}

function scriptIssues(pointer: string, script: string): ApiIssue[] {
  try {
    parseScript(script);
    return [];
  } catch (error) {
    if (error instanceof ScriptError) return [{ pointer, message: error.message }];
    throw error;
  }
}

function baseKind(apiBase: string, policy: NetworkSecurityPolicy): 'public' | 'private' | 'unusable' {
  let url: URL;
  try {
    url = new URL(apiBase);
  } catch {
    return 'unusable';
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return 'unusable';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'unusable';
  if (url.hostname === 'localhost') return 'private';
  const isLiteral = /^[0-9.]+$/.test(url.hostname) || url.hostname.startsWith('[');
  if (isLiteral) {
    const decision = policy.checkAddress(url.hostname.replace(/^\[|\]$/g, ''));
    if (decision.rule === 'net.address.metadata') return 'unusable';
    return decision.effect === 'allow' ? 'public' : 'private';
  }
  // The port is the operator's choice; the name must be one that can be public.
  return policy.checkUrl(`https://${url.hostname}/`).effect === 'allow' ? 'public' : 'unusable';
}

function changedPaths(before: AgentConfig, after: AgentConfig): string[] {
  const paths = new Set<string>();
  const compare = (left: unknown, right: unknown, path: string, depth: number): void => {
    if (JSON.stringify(left) === JSON.stringify(right)) return;
    const deeper = depth < 3 && isRecord(left) && isRecord(right);
    if (!deeper) {
      paths.add(path);
      return;
    }
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      compare(left[key], right[key], path === '' ? key : `${path}.${key}`, depth + 1);
    }
  };
  compare(before, after, '', 0);
  return [...paths].sort();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
