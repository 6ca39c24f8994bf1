const brand = Symbol.for('@clawforce/secrets-redact/PlaceholderError');

/** Every way in which a placeholder cannot be used. */
export type PlaceholderErrorCode =
  | 'unknown_placeholder'
  | 'placeholder_outside_secret'
  | 'placeholder_as_key'
  | 'bound_field_changed'
  | 'forbidden_key'
  | 'too_deep';

/** Codes and what they mean; the README table is compared with it. */
export const PLACEHOLDER_ERRORS: Readonly<Record<PlaceholderErrorCode, string>> = Object.freeze({
  unknown_placeholder: 'The placeholder is damaged, of another configuration, or its secret is gone.',
  placeholder_outside_secret:
    'A placeholder stands where no secret belongs, so a later read would show the secret.',
  placeholder_as_key: 'A placeholder is used as the name of a member.',
  bound_field_changed: 'The secret was kept, but the field that says where it is sent has changed.',
  forbidden_key: 'The body has a key that reaches for prototypes.',
  too_deep: 'The body is nested deeper than 64 levels.',
});

/** A body cannot be restored; nothing of it may be stored. The message never holds a value of the body. */
export class PlaceholderError extends Error {
  override readonly name = 'PlaceholderError';
  readonly code: PlaceholderErrorCode;
  /** JSON Pointer (RFC 6901) of the offending place in the body. */
  readonly pointer: string;

  constructor(code: PlaceholderErrorCode, pointer: string) {
    super(`${PLACEHOLDER_ERRORS[code]} (at "${pointer}")`);
    this.code = code;
    this.pointer = pointer;
    Object.defineProperty(this, brand, { value: true });
  }

  // Two installed copies of this package must agree on what a PlaceholderError is.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}
