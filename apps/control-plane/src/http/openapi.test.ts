import { describe, expect, it } from 'vitest';
import { describedRoutes, publicApiDocument } from '../server/public-api-document.js';
import { VERSION } from '../version.js';

const routes = describedRoutes();
interface Operation {
  operationId: string;
  security: unknown[];
  parameters: { name: string; in: string }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, unknown>;
}
const document = publicApiDocument() as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('has every public route and none of the admin socket', () => {
    const expected = routes
      .filter(({ adminSocketOnly }) => adminSocketOnly !== true)
      .map(({ method, path }) => `${method} ${path.replaceAll('*}', '}')}`);
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(40);
    expect(JSON.stringify(document)).not.toContain('/api/admin/');
  });

  it('is version 3.1 and survives JSON', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.version).toBe(VERSION);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('has only references that lead somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, at]) => at!);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const target = reference
        .split('/')
        .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
      expect(target, reference).toBeDefined();
    }
  });

  it('names each operation once, and declares each parameter of its path', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      expect(inPath.sort(), path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort());
    }
  });

  it('gives every operation a success and its errors', () => {
    for (const { path, method, operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.some((status) => /^[23]/.test(status)),
        `${method} ${path}`,
      ).toBe(true);
      expect(statuses, `${method} ${path}`).toContain('500');
      if (operation.security.length > 0) expect(statuses).toEqual(expect.arrayContaining(['401', '403']));
    }
  });
});

describe('an answer', () => {
  /** Objects of which a generated client would know nothing. */
  function bare(schema: unknown, path: string): string[] {
    if (typeof schema !== 'object' || schema === null) return [];
    if (Array.isArray(schema)) return schema.flatMap((item, index) => bare(item, `${path}/${index}`));
    const node = schema as Record<string, unknown>;
    const described = ['properties', 'oneOf', '$ref', 'additionalProperties'].some((key) => key in node);
    return [
      ...(node['type'] === 'object' && !described ? [path] : []),
      ...Object.entries(node).flatMap(([key, value]) => bare(value, `${path}/${key}`)),
    ];
  }

  it('with a body has a schema that says what is in it', () => {
    const found = operations
      .filter(({ path }) => path !== '/api/openapi.json')
      .flatMap(({ path, method, operation }) => bare(operation.responses, `${method} ${path}`));
    expect(found).toEqual([]);
    // The event of an audit row differs by kind.
    expect(bare(document.components.schemas, 'schemas')).toEqual(['schemas/AuditRow/properties/event']);
  });

  it('describes the configuration that is put, and the form that a login may be', () => {
    const content = (wanted: string): unknown =>
      operations.find(({ method, path }) => `${method} ${path}` === wanted)?.operation.requestBody?.content;
    expect(content('put /api/agents/{id}/config')).toEqual({
      'application/json': { schema: { $ref: '#/components/schemas/AgentConfig' } },
    });
    const login = content('post /api/auth/login') as Record<string, unknown>;
    expect(Object.keys(login)).toEqual(['application/json', 'application/x-www-form-urlencoded']);
  });

  it('of success has a schema unless it has no body', () => {
    for (const { path, method, operation } of operations)
      for (const [status, response] of Object.entries(operation.responses))
        if (!['204'].includes(status))
          expect(response, `${method} ${path} ${status}`).toHaveProperty('content');
  });
});

describe('the routes', () => {
  it('that need no sign-in are these', () => {
    const open = routes
      .filter(({ access }) => 'public' in access)
      .map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toMatchInlineSnapshot(`
      [
        "get /api/openapi.json",
        "get /healthz",
        "get /readyz",
        "post /api/auth/claim",
        "post /api/auth/login",
        "post /api/auth/logout",
        "post /api/auth/refresh",
      ]
    `);
  });

  it('that name an agent check its owner', () => {
    const agentRoutes = routes.filter(({ path }) => path.startsWith('/api/agents/{id}'));
    expect(agentRoutes.length).toBeGreaterThan(15);
    for (const { access, path } of agentRoutes) expect(access, path).toMatchObject({ on: 'agent' });
  });

  it('never take a field that they do not know', () => {
    for (const { path, method, body } of routes) {
      if (!body || body['oneOf'] || /\/config(?:\/review)?$/.test(path)) continue;
      expect(body['additionalProperties'], `${method} ${path}`).toBeDefined();
    }
  });
});
