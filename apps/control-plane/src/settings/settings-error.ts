const brand = Symbol.for('@clawforce/control-plane/SettingsError');

/**
 * A setting that is missing or refused; the message names the variable or flag and never repeats its value, except the path
 * of a directory that was not acceptable.
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'SETTINGS_INVALID';
  /** Variable or flag to change, such as `ADMIN_JWT_SECRET` or `--host`. */
  readonly variable: string;

  constructor(variable: string, sentence: string, options?: ErrorOptions) {
    super(`${variable}: ${sentence}`, options);
    this.variable = variable;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Recognises the error across two copies of the module. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}
