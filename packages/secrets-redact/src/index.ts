export { createRedactor } from './create-redactor.js';
export type { Redactor, RedactOptions, RedactorOptions, RestoreOptions } from './create-redactor.js';
export type { Json } from './json.js';
export { hasPlaceholder } from './placeholder.js';
export { PLACEHOLDER_ERRORS, PlaceholderError } from './placeholder-error.js';
export type { PlaceholderErrorCode } from './placeholder-error.js';
export type { Schema } from './schema-walk.js';
