/** What a limiter knows about one key. */
export interface LimiterBucket {
  /** Opaque text of at most 1 KiB, made by the limiter. */
  readonly state: string;
  /** When the bucket may be forgotten. */
  readonly expiresAt: Date;
}

/** Where limits are counted. A store in the database makes them survive a restart and hold for all replicas. */
export interface LimiterStore {
  /** Gives the state of a key as it is now. */
  get(key: string): Promise<string | undefined>;
  /**
   * Replaces the state of a key by what `change` makes of it, in one transaction: no other change of the key comes between.
   * `change` is pure and may be called again when the transaction is repeated; undefined removes the key.
   */
  update(key: string, change: (state: string | undefined) => LimiterBucket | undefined): Promise<void>;
}
