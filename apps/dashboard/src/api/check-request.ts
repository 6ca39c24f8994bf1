import type { Middleware } from 'openapi-fetch';
import { ApiFailure, type FieldIssue } from './api-failure.js';
import { REQUEST_SCHEMAS } from './generated/request-schemas.js';
import { schemaIssues } from './json-schema.js';

/**
 * Holds every request against what the OpenAPI document says of its body, before it is sent: a form says at once what
 * is wrong, at the field, and without a server, too. The server judges again whatever passes.
 */
export const checkRequest: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (request.headers.get('content-type')?.startsWith('application/json') !== true) return;
    checkBody(`${request.method} ${schemaPath}`, await request.clone().json());
  },
};

/** Holds the body of a request against the document, by method and route. @throws ApiFailure when there is any issue. */
export function checkBody(route: string, body: unknown): void {
  const schema = REQUEST_SCHEMAS[route];
  if (schema) refuseIssues(schemaIssues(schema, body));
}

/** Refuses what was typed, in the shape of a refusal of the API. @throws ApiFailure when there is any issue. */
export function refuseIssues(issues: readonly FieldIssue[]): void {
  if (issues.length === 0) return;
  throw new ApiFailure('Something is not filled in as it must be. Nothing was sent.', {
    code: 'VALIDATION_FAILED',
    status: 0,
    fix: 'Correct what is marked and try again.',
    issues,
  });
}
