import type { KeyObject } from 'node:crypto';
import type { IsolationLevel } from '@clawforce/pool-core';
import type { KeyRing } from '../vault/key-ring.js';

/** Everything the operator decides, read once, checked and frozen. Secrets are KeyObjects, which print no bytes. */
export interface Settings {
  readonly mode: 'development' | 'production';
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Origin under which browsers and remote workers reach the server; undefined: derived from the address that it listens on. */
  readonly publicUrl: string | undefined;
  /** Exact origins besides the server's own. */
  readonly corsOrigins: readonly string[];
  /** Hop count or list of addresses and networks, in the form of Express; undefined: no proxy is trusted. */
  readonly trustProxy: number | readonly string[] | undefined;

  /** Signs and checks tokens (HMAC); as a KeyObject for passport-jwt. */
  readonly jwtSecret: KeyObject;
  /** Master keys of the vault. */
  readonly masterKeys: KeyRing;
  /** First user without a prompt. The password is not enumerable, so that it is not printed with the settings. */
  readonly setup: SetupUser | undefined;

  readonly storageRoot: string;
  /** `{storageRoot}/admin`, 0700. */
  readonly adminDir: string;
  /** `{storageRoot}/agents`, made 0700; nobody else may write to it. */
  readonly agentsDir: string;
  /** May hold a password; not enumerable. */
  readonly databaseUrl: string;

  readonly backend: 'docker' | 'process';
  /** `chosen`: the start may take another one that works here, and says which. */
  readonly backendSource: 'environment' | 'chosen' | 'default';
  /** Why whoever started the server did not take the recommended backend. */
  readonly backendReason: string | undefined;
  readonly maxLevel: IsolationLevel;
  /** `exec` runs without a confiner; development only. */
  readonly unconfinedExec: boolean;
  /** Directory of the socket directories, 0700. */
  readonly runtimeDir: string;
  readonly docker: DockerSettings;

  /** What the operator should hear at start: unknown variables and weak choices. */
  readonly warnings: readonly string[];
}

/** The first user, from `ADMIN_SETUP_USERNAME` and `ADMIN_SETUP_PASSWORD`. */
export interface SetupUser {
  /** `admin` unless given. */
  readonly username?: string;
  readonly password?: string;
}

/** What the docker pool needs; undefined where the pool detects it. */
export interface DockerSettings {
  readonly image: string | undefined;
  readonly engine: string | undefined;
  readonly storageHostPath: string | undefined;
  readonly runtimeHostPath: string | undefined;
  /** Bytes, or a number with k, m or g. */
  readonly memory: string;
  /** Microseconds of CPU per period. */
  readonly cpuQuota: number;
  /** Microseconds. */
  readonly cpuPeriod: number;
  /** What the worker's writable directories may hold; bytes, or a number with k, m or g. */
  readonly disk: string;
  /** Numeric users for workers, where the control plane may give files away. */
  readonly uidRange: { readonly first: number; readonly last: number };
}

/** Command-line flags; each wins over its variable. */
export interface SettingsFlags {
  readonly dataDir?: string;
  readonly host?: string;
  readonly port?: number;
  readonly logLevel?: string;
  /** Take the backend that works here, unless one is configured. */
  readonly chooseBackend?: boolean;
  /** Why the caller configured a backend other than the recommended one; for the banner. */
  readonly backendReason?: string;
}
