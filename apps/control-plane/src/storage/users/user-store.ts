import type { Page, PageRequest } from '../page/page.js';

/** Roles of CONTRACT section 2. */
export type UserRole = 'superadmin' | 'admin' | 'viewer';

/** A person as stored. `passwordHash` is null until the account is claimed; it never leaves the control plane. */
export interface UserRecord {
  readonly id: string;
  /** Normalised form; unique. */
  readonly username: string;
  /** As typed at creation. */
  readonly displayName: string;
  readonly passwordHash: string | null;
  readonly role: UserRole;
  readonly disabled: boolean;
  /** Tokens that carry another version are refused. */
  readonly tokenVersion: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastLoginAt: Date | null;
}

/** What creates a user. */
export interface NewUser {
  readonly username: string;
  readonly passwordHash: string | null;
  readonly role: UserRole;
}

/** What may change of a user; every change of hash, role or `disabled` also raises the token version. */
export interface UserChanges {
  readonly displayName?: string;
  readonly passwordHash?: string;
  readonly role?: UserRole;
  readonly disabled?: boolean;
  readonly lastLoginAt?: Date;
}

/** People who may sign in. */
export interface UserStore {
  /** Throws `CONFLICT` when the normalised name is taken, AuthError `USERNAME_INVALID` when it is not a name. */
  create(user: NewUser): Promise<UserRecord>;
  get(id: string): Promise<UserRecord | undefined>;
  /** Looks the name up in its normalised form. */
  findByUsername(username: string): Promise<UserRecord | undefined>;
  /** Newest first. */
  list(page?: PageRequest): Promise<Page<UserRecord>>;
  /** The user of this role that was created first. */
  oldest(role: UserRole): Promise<UserRecord | undefined>;
  /** Names of users by id; those that are gone are left out. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  count(): Promise<number>;
  /** Throws `NOT_FOUND`. */
  update(id: string, changes: UserChanges): Promise<UserRecord>;
  /** Replaces a hash by one of the same password with other costs; the token version stays. False when the hash changed meanwhile. */
  rehash(id: string, from: string, to: string): Promise<boolean>;
  /** Makes every token of the user invalid. Throws `NOT_FOUND`. */
  bumpTokenVersion(id: string): Promise<UserRecord>;
  /** Agents of the user become unowned. Throws `NOT_FOUND`. */
  remove(id: string): Promise<void>;
}
