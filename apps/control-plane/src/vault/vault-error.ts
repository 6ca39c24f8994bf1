/** Every way in which the vault refuses. */
export type VaultErrorCode =
  /** A master key has the wrong length or form, or the ring is empty. */
  | 'VAULT_KEY_INVALID'
  /** The text was sealed with a key that is not in the ring. */
  | 'VAULT_KEY_UNKNOWN'
  /** The text is not a sealed secret. */
  | 'VAULT_FORMAT'
  /** The text was altered, or belongs to another agent, secret or key. */
  | 'VAULT_TAMPERED'
  /** A configuration refers to a secret that is not there. */
  | 'VAULT_MISSING'
  /** A configuration holds a reference of its own making. */
  | 'VAULT_REFERENCE';

const brand = Symbol.for('@clawforce/control-plane/VaultError');

/** A refusal of the vault; the message never holds a secret, a key or a sealed text. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, message: string) {
    super(message);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Recognises the error across two copies of the module. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}
