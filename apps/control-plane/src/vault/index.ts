export {
  createKeyRing,
  MASTER_KEY_BYTES,
  parseMasterKeys,
  type KeyRing,
  type MasterKey,
} from './key-ring.js';
export { createVault, type SecretPlace, type Vault } from './vault.js';
export { VaultError, type VaultErrorCode } from './vault-error.js';
export { secretPathsOf, type IsSecret } from './secret-paths.js';
export { joinSecrets, splitSecrets, type FoundSecret } from './split-secrets.js';
export {
  createConfigVault,
  type ConfigVault,
  type ConfigVaultParts,
  type OpenConfig,
  type ResealFailure,
  type VaultAccess,
} from './config-vault.js';
