import { API_ERRORS, type ApiErrorCode } from '../errors/api-error.js';
import { COMPONENTS, ref } from './components.js';
import type { JsonSchema, Route } from './route.js';

/** Gives the OpenAPI 3.1 document of the routes, from the schemas that validate. */
export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes.filter(({ adminSocketOnly }) => adminSocketOnly !== true)) {
    const path = route.path.replaceAll('*}', '}');
    (paths[path] ??= {})[route.method] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Clawforce control plane',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: COMPONENTS,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const isPublic = 'public' in route.access;
  const responses: Record<string, unknown> = {};
  for (const [status, { description, schema, mediaType }] of Object.entries(route.responses)) {
    responses[status] = {
      description,
      ...(schema ? { content: { [mediaType ?? 'application/json']: { schema } } } : {}),
    };
  }
  for (const [status, codes] of errorStatuses(route)) {
    responses[status] ??= {
      description: codes.join(', '),
      content: { 'application/json': { schema: ref('Error') } },
    };
  }
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(isPublic
      ? { security: [] }
      : { security: [{ bearer: [] }], 'x-action': (route.access as { action: string }).action }),
    parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
    ...requestBody(route),
    responses,
  };
}

/** What is wrong with an access token. */
const TOKEN_CODES = (Object.keys(API_ERRORS) as ApiErrorCode[]).filter((code) => code.startsWith('TOKEN_'));

function requestBody(route: Route): Record<string, unknown> {
  if (!route.body && !route.rawBody) return {};
  return {
    requestBody: {
      required: route.body !== undefined,
      content: {
        ...(route.body ? { 'application/json': { schema: route.documentedBody ?? route.body } } : {}),
        ...(route.body && route.form ? { 'application/x-www-form-urlencoded': { schema: route.body } } : {}),
        ...Object.fromEntries((route.rawBody ?? []).map((type) => [type, {}])),
      },
    },
  };
}

function errorStatuses(route: Route): Map<string, ApiErrorCode[]> {
  const isPublic = 'public' in route.access;
  const codes: ApiErrorCode[] = [
    ...(isPublic ? [] : ([...TOKEN_CODES, 'UNAUTHENTICATED', 'FORBIDDEN'] as const)),
    ...('on' in route.access ? (['NOT_FOUND'] as const) : []),
    'BAD_REQUEST',
    ...((route.body ?? route.query) ? (['VALIDATION_FAILED'] as const) : []),
    ...(route.body ? (['JSON_INVALID', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE'] as const) : []),
    ...(route.errors ?? []),
    'TOO_MANY_REQUESTS',
    'INTERNAL',
  ];
  const byStatus = new Map<string, ApiErrorCode[]>();
  for (const code of new Set(codes)) {
    const status = String(API_ERRORS[code]);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

function pathParameters(path: string): Record<string, unknown>[] {
  return [...path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(schema: JsonSchema | undefined): Record<string, unknown>[] {
  const properties = (schema?.['properties'] ?? {}) as Record<string, JsonSchema>;
  const required = new Set((schema?.['required'] ?? []) as string[]);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema: property,
    ...(typeof property['description'] === 'string' ? { description: property['description'] } : {}),
  }));
}

/** `get /api/agents/{id}/config` becomes `getAgentsByIdConfig`. */
function operationId(route: Route): string {
  const words = route.path
    .replace(/^\/api\//, '')
    .split('/')
    .map((part) => part.replace(/^\{(\w+)\*?\}$/, 'by-$1'))
    .flatMap((part) => part.split(/[^A-Za-z0-9]+/))
    .filter(Boolean)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${route.method}${words.join('')}`;
}
