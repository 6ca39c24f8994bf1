import { randomUUID } from 'node:crypto';
import type { ConfigRecord, ConfigStore, JsonValue, SealedSecret } from '../storage/configs/config-store.js';
import type { IsSecret } from './secret-paths.js';
import { joinSecrets, splitSecrets } from './split-secrets.js';
import { VaultError, type VaultErrorCode } from './vault-error.js';
import type { Vault } from './vault.js';

/** A configuration with its secrets in place: for the broker and for redaction, never for an answer or a log. */
export interface OpenConfig {
  readonly config: JsonValue;
  readonly version: number;
  readonly updatedAt: Date;
}

/** One look into the vault, for the audit event `vault_access`. */
export interface VaultAccess {
  readonly agentId: string;
  /** Address of whoever asked; `local` for the control plane's own work. */
  readonly ip: string;
  readonly success: boolean;
  /** What was done, for which purpose and to how many secrets; or the code of the refusal. */
  readonly detail: string;
}

/** Configurations whose secrets are sealed at rest. Each call names the store, so that it can be part of a transaction. */
export interface ConfigVault {
  /** Gives the configuration with its secrets; undefined when the agent has none. Throws VaultError rather than leave one out. */
  read(configs: ConfigStore, agentId: string, purpose: string, ip?: string): Promise<OpenConfig | undefined>;
  /**
   * Gives the configuration with the empty text in place of every secret; undefined when the agent has none. No secret is
   * opened, so there is no access to record.
   */
  outline(configs: ConfigStore, agentId: string): Promise<JsonValue | undefined>;
  /** Seals and stores a configuration; a secret that did not change keeps its sealed text. Throws `STALE` as `ConfigStore.put`. */
  write(
    configs: ConfigStore,
    agentId: string,
    config: JsonValue,
    options: { readonly purpose: string; readonly ifVersion?: number; readonly ip?: string },
  ): Promise<ConfigRecord>;
  /**
   * Seals again what another key has sealed. Can be repeated after an interruption. A secret that cannot be opened is left
   * as it is and named; while there is one, the old key must stay.
   */
  reseal(
    configs: ConfigStore,
  ): Promise<{ readonly resealed: number; readonly failed: readonly ResealFailure[] }>;
}

/** A secret that could not be sealed again. */
export interface ResealFailure {
  readonly agentId: string;
  readonly secretId: string;
  readonly code: VaultErrorCode;
}

/** What a configuration vault is built on. */
export interface ConfigVaultParts {
  readonly vault: Vault;
  readonly isSecret: IsSecret;
  readonly onAccess?: (access: VaultAccess) => void;
}

const RESEAL_BATCH = 200;

/** Gives the service that takes secrets out of configurations before they are stored and puts them back. */
export function createConfigVault({ vault, isSecret, onAccess }: ConfigVaultParts): ConfigVault {
  const watched = async <T>(
    agentId: string,
    ip: string,
    purpose: string,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      const result = await work();
      onAccess?.({ agentId, ip, success: true, detail: purpose });
      return result;
    } catch (error) {
      const code = error instanceof VaultError ? error.code : 'ERROR';
      onAccess?.({ agentId, ip, success: false, detail: `${purpose}: ${code}` });
      throw error;
    }
  };

  return {
    read: (configs, agentId, purpose, ip = 'local') =>
      watched(agentId, ip, `read for ${purpose}`, async () => {
        const record = await configs.get(agentId);
        if (record === undefined) return undefined;
        const sealed = new Map((await configs.secrets(agentId)).map((secret) => [secret.id, secret]));
        const config = joinSecrets(record.document, isSecret, (id, pointer) => {
          const secret = sealed.get(id);
          if (secret === undefined) throw new VaultError('VAULT_MISSING', `the secret at ${pointer} is gone`);
          return unpack(vault.open({ agentId, secretId: id }, secret.sealed), pointer);
        });
        return { config, version: record.version, updatedAt: record.updatedAt };
      }),

    async outline(configs, agentId) {
      const record = await configs.get(agentId);
      return record && joinSecrets(record.document, isSecret, () => '');
    },

    write: (configs, agentId, config, { purpose, ifVersion, ip = 'local' }) =>
      watched(agentId, ip, `write for ${purpose}`, async () => {
        const unchanged = await sealedByContent(vault, configs, agentId);
        const secrets: SealedSecret[] = [];
        const document = splitSecrets(config, isSecret, ({ pointer, value }) => {
          const content = pack(value, pointer);
          const id = randomUUID();
          const secret = unchanged.get(content) ?? {
            id,
            sealed: vault.seal({ agentId, secretId: id }, content),
            keyId: vault.keyId,
          };
          secrets.push(secret);
          return secret.id;
        });
        return configs.put(agentId, { document, secrets, ...(ifVersion === undefined ? {} : { ifVersion }) });
      }),

    async reseal(configs) {
      let resealed = 0;
      const failed: ResealFailure[] = [];
      for (let after: string | undefined; ;) {
        const batch = await configs.sealedByOther(vault.keyId, RESEAL_BATCH, after);
        for (const { agentId, ...secret } of batch) {
          const place = { agentId, secretId: secret.id };
          try {
            const sealed = vault.seal(place, vault.open(place, secret.sealed));
            if (await configs.reseal(secret, { id: secret.id, sealed, keyId: vault.keyId })) resealed += 1;
          } catch (error) {
            if (!(error instanceof VaultError)) throw error;
            failed.push({ ...place, code: error.code });
          }
        }
        after = batch.at(-1)?.id;
        if (after === undefined) return { resealed, failed };
      }
    },
  };
}

/** The place in the document is sealed with the value, so that a reference cannot be moved within a document either. */
function pack(value: JsonValue, pointer: string): string {
  return JSON.stringify([pointer, value]);
}

function unpack(content: string, pointer: string): JsonValue {
  const [place, value] = JSON.parse(content) as [string, JsonValue];
  if (place !== pointer) {
    throw new VaultError('VAULT_TAMPERED', `the secret at ${pointer} belongs to another place`);
  }
  return value;
}

/** What is sealed now, by content; a secret that cannot be opened is simply sealed anew or dropped. */
async function sealedByContent(
  vault: Vault,
  configs: ConfigStore,
  agentId: string,
): Promise<ReadonlyMap<string, SealedSecret>> {
  const found = new Map<string, SealedSecret>();
  for (const secret of await configs.secrets(agentId)) {
    if (secret.keyId !== vault.keyId) continue;
    try {
      found.set(vault.open({ agentId, secretId: secret.id }, secret.sealed), secret);
    } catch {
      continue;
    }
  }
  return found;
}
