import type { AgentConfig } from '../api/api-types.js';
import { refusal, type FakeServer } from './fake-server.js';
import { anAgent, renderApp, type RenderedApp } from './render-app.js';

/** A secret as the API shows it. */
export const PLACEHOLDER = '<clawforce-secret:0123456789abcdefABCDEF-_xyz>';

/** A server that keeps one configuration with its version, as the real one does. */
export class ConfigServer {
  config: AgentConfig;
  version = 3;
  /** Versions that saves named. */
  readonly ifMatch: (string | null)[] = [];
  needsPassword = false;

  constructor(config: AgentConfig = {}) {
    this.config = config;
  }

  attach(server: FakeServer, role = 'superadmin'): void {
    server.on('GET /api/agents/a1', () => anAgent());
    server.on('GET /api/agents/a1/config', () => this.view());
    server.on('GET /api/auth/me', () => ({
      id: 'u1',
      username: 'admin',
      role,
      session_id: 's1',
      reauthenticated_until: null,
      permissions: role === 'viewer' ? ['config:read'] : ['config:write', 'variable:write', 'agent:update'],
    }));
    server.on('PATCH /api/agents/a1/config', async (request) => {
      this.ifMatch.push(request.headers.get('if-match'));
      if (request.headers.get('if-match') !== `"${this.version}"`)
        return refusal(412, 'PRECONDITION_FAILED', 'The configuration changed meanwhile.');
      if (this.needsPassword) return refusal(401, 'REAUTHENTICATION_REQUIRED', 'Give the password again.');
      this.put(merge(this.config, (await request.json()) as object));
      return { ...this.view(), applied: 'stored' };
    });
    server.on('POST /api/auth/reauthenticate', () => {
      this.needsPassword = false;
      return { reauthenticated_until: '2026-11-27T10:05:00.000Z' };
    });
    server.on('POST /api/agents/a1/config/review', () => ({
      changed: ['security.docker.level'],
      loosens: this.needsPassword ? ['security.docker.level'] : [],
      needs_password: this.needsPassword,
      refused: null,
      unsafe: [],
    }));
    server.on('GET /api/runtime/info', () => ({
      version: '1.0.0',
      backend: 'process',
      max_level: 'privileged',
      unconfined_exec: false,
      levels: ['permissive'],
      enforced: ['a stop ends the whole process tree of a worker'],
      not_enforced: ['no limit of memory, CPU or processes'],
    }));
    server.on('GET /api/security-presets', () => ({ items: PRESETS }));
  }

  put(config: AgentConfig): void {
    this.config = config;
    this.version += 1;
  }

  view(): object {
    return { config: this.config, version: this.version };
  }
}

const PRESETS = [
  ['sandboxed', 'Safe', false],
  ['permissive', 'Standard', true],
  ['privileged', 'Power', true],
].map(([level, name, available]) => ({
  level,
  name,
  summary: `What ${String(name)} is for.`,
  protections: [`What ${String(name)} keeps.`],
  consequences: [`What follows from ${String(name)}.`],
  available,
  ...(available === true ? {} : { unavailable_reason: 'This backend cannot enforce it.' }),
}));

function merge(target: unknown, patch: object): object {
  const merged = new Map<string, unknown>(Object.entries(target ?? {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else
      merged.set(
        name,
        typeof value === 'object' && !Array.isArray(value) ? merge(merged.get(name), value as object) : value,
      );
  }
  return Object.fromEntries(merged);
}

/** Opens a section of the settings of the agent whose configuration the server keeps. */
export function openSettings(section: string, state: ConfigServer, role?: string): RenderedApp {
  return renderApp(`/agents/a1/settings?section=${section}`, (server) => state.attach(server, role));
}

/** Makes the server refuse a configuration as it does one that its schema or its review does not take. */
export function refuseConfig(server: FakeServer, issues: Readonly<Record<string, string>>): void {
  const found = Object.entries(issues).map(([pointer, message]) => ({ pointer, message }));
  server.on('PATCH /api/agents/a1/config', () =>
    refusal(
      400,
      'CONFIG_INVALID',
      `The configuration is not valid: ${found[0]?.pointer ?? ''} ${found[0]?.message ?? ''}`,
      { issues: found },
    ),
  );
}
