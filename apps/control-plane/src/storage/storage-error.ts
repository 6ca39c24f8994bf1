/** Every way in which the storage layer refuses; callers switch on it. */
export type StorageErrorCode =
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'STALE'
  | 'TRANSITION'
  | 'CURSOR_INVALID'
  | 'BUSY'
  | 'LOCKED'
  | 'URL'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_UNKNOWN'
  | 'MIGRATION_FAILED';

const brand = Symbol.for('@clawforce/control-plane/StorageError');

/** A refusal of the storage layer; `code` is stable, `message` is one sentence without any stored value. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Recognises the error across two copies of the module. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}
