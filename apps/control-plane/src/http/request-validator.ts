import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { ApiError, type ApiIssue } from '../errors/api-error.js';
import type { JsonSchema } from './route.js';

const bodies = new Ajv({ allErrors: true, strict: false });
// Query values arrive as text.
const queries = new Ajv({ allErrors: true, strict: false, coerceTypes: true });

/** Gives a function that checks a body. @throws ApiError VALIDATION_FAILED with every place that is wrong. */
export function bodyValidator(schema: JsonSchema): (value: unknown) => unknown {
  return validator(bodies.compile(schema), 'body');
}

/** Gives a function that checks and converts query parameters. @throws ApiError VALIDATION_FAILED */
export function queryValidator(schema: JsonSchema): (value: unknown) => unknown {
  return validator(queries.compile({ type: 'object', additionalProperties: false, ...schema }), 'query');
}

function validator(validate: ValidateFunction, what: string): (value: unknown) => unknown {
  return (value) => {
    const copy: unknown =
      typeof value === 'object' && value !== null && what === 'query' ? { ...value } : value;
    if (validate(copy)) return copy;
    // What is wrong with the name of a member is one issue, at the member.
    const issues = (validate.errors ?? [])
      .filter(({ propertyName, keyword }) => propertyName === undefined || keyword === 'propertyNames')
      .slice(0, 20)
      .map(toIssue);
    throw new ApiError(
      'VALIDATION_FAILED',
      `The ${what} is not valid: ${issues[0]?.pointer || '/'} ${issues[0]?.message ?? ''}`,
      {
        issues,
      },
    );
  };
}

// Values are never repeated: they may be passwords.
function toIssue(error: ErrorObject): ApiIssue {
  const parameters = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
      return {
        pointer: `${error.instancePath}/${String(parameters['additionalProperty']).slice(0, 100)}`,
        message: 'is not a known field.',
      };
    case 'propertyNames': {
      const name = String(parameters['propertyName'])
        .slice(0, 100)
        .replaceAll('~', '~0')
        .replaceAll('/', '~1');
      return { pointer: `${error.instancePath}/${name}`, message: 'is not an allowed name.' };
    }
    case 'required':
      return {
        pointer: `${error.instancePath}/${String(parameters['missingProperty'])}`,
        message: 'is required.',
      };
    case 'enum':
      return {
        pointer: error.instancePath,
        message: `must be one of ${(parameters['allowedValues'] as unknown[]).map(String).join(', ')}.`,
      };
    default:
      return { pointer: error.instancePath, message: `${error.message ?? 'is not valid'}.` };
  }
}
