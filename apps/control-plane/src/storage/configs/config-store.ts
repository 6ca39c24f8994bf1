/** JSON as it is stored. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A configuration without any secret value: secret places hold `{ "$secret": "<id>" }`. */
export interface ConfigRecord {
  readonly agentId: string;
  readonly document: JsonValue;
  /** Rises by one with every write; the source of the ETag. */
  readonly version: number;
  readonly updatedAt: Date;
}

/** One sealed secret. */
export interface SealedSecret {
  readonly id: string;
  /** `cfv1.…`, see the vault. */
  readonly sealed: string;
  /** Key that sealed it. */
  readonly keyId: string;
}

/** Configurations and the sealed secrets that belong to them. */
export interface ConfigStore {
  get(agentId: string): Promise<ConfigRecord | undefined>;
  /** The versions of the configurations of these agents; one without a configuration is left out. */
  versions(agentIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The sealed secrets of an agent. */
  secrets(agentId: string): Promise<readonly SealedSecret[]>;
  /**
   * Writes document and secrets in one step; secrets that are not given are removed. `ifVersion` 0 means "there is none yet".
   * Throws `STALE` when another version is stored, `NOT_FOUND` without the agent.
   */
  put(
    agentId: string,
    next: {
      readonly document: JsonValue;
      readonly secrets: readonly SealedSecret[];
      readonly ifVersion?: number;
    },
  ): Promise<ConfigRecord>;
  /** Secrets that another key than this one sealed, for re-sealing, in the order of their ids from behind `after`. */
  sealedByOther(
    keyId: string,
    limit: number,
    after?: string,
  ): Promise<readonly (SealedSecret & { readonly agentId: string })[]>;
  /** Replaces one sealed text by another of the same secret; false when it changed meanwhile. */
  reseal(from: SealedSecret, to: SealedSecret): Promise<boolean>;
}
