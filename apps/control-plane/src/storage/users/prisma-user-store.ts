import { randomUUID } from 'node:crypto';
import { normalizeUsername } from '@clawforce/auth-rbac';
import { hasPrismaCode } from '../database/prisma-error.js';
import type { User } from '../generated/sqlite/client.js';
import { pageByDate } from '../page/keyset.js';
import type { Page, PageRequest } from '../page/page.js';
import { StorageError } from '../storage-error.js';
import type { StoreContext } from '../store-context.js';
import type { NewUser, UserChanges, UserRecord, UserRole, UserStore } from './user-store.js';

const ROLES: readonly string[] = ['superadmin', 'admin', 'viewer'] satisfies UserRole[];

/** Users in the database. */
export class PrismaUserStore implements UserStore {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async create(user: NewUser): Promise<UserRecord> {
    const username = normalizeUsername(user.username);
    if (!ROLES.includes(user.role)) throw new TypeError(`role: expected ${ROLES.join(', ')}`);
    const now = this.#context.now();
    try {
      const row = await this.#context.db.user.create({
        data: {
          id: randomUUID(),
          username,
          displayName: user.username.trim(),
          passwordHash: user.passwordHash,
          role: user.role,
          createdAt: now,
          updatedAt: now,
        },
      });
      return toRecord(row);
    } catch (error) {
      if (hasPrismaCode(error, 'P2002')) {
        throw new StorageError('CONFLICT', 'the user name is taken', { cause: error });
      }
      throw error;
    }
  }

  async get(id: string): Promise<UserRecord | undefined> {
    const row = await this.#context.db.user.findUnique({ where: { id } });
    return row === null ? undefined : toRecord(row);
  }

  async names(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#context.db.user.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, displayName: true },
    });
    return new Map(rows.map(({ id, displayName }) => [id, displayName]));
  }

  async findByUsername(name: string): Promise<UserRecord | undefined> {
    // A text that is not a name is looked up all the same, so that it takes as long as one that is.
    const username = nameOrNothing(name);
    const row = await this.#context.db.user.findUnique({ where: { username } });
    return row === null ? undefined : toRecord(row);
  }

  list(page: PageRequest = {}): Promise<Page<UserRecord>> {
    return pageByDate(
      this.#context,
      'users',
      page,
      ({ after, ...rest }) => this.#context.db.user.findMany({ ...rest, where: after }),
      toRecord,
    );
  }

  async oldest(role: UserRole): Promise<UserRecord | undefined> {
    const row = await this.#context.db.user.findFirst({
      where: { role },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return row === null ? undefined : toRecord(row);
  }

  count(): Promise<number> {
    return this.#context.db.user.count();
  }

  async update(id: string, changes: UserChanges): Promise<UserRecord> {
    const { displayName, passwordHash, role, disabled, lastLoginAt } = changes;
    if (role !== undefined && !ROLES.includes(role))
      throw new TypeError(`role: expected ${ROLES.join(', ')}`);
    const security = passwordHash !== undefined || role !== undefined || disabled !== undefined;
    return this.#write(id, {
      ...(displayName === undefined ? {} : { displayName }),
      ...(passwordHash === undefined ? {} : { passwordHash }),
      ...(role === undefined ? {} : { role }),
      ...(disabled === undefined ? {} : { disabled }),
      ...(lastLoginAt === undefined ? {} : { lastLoginAt }),
      ...(security ? { tokenVersion: { increment: 1 } } : {}),
    });
  }

  async rehash(id: string, from: string, to: string): Promise<boolean> {
    const { count } = await this.#context.db.user.updateMany({
      where: { id, passwordHash: from },
      data: { passwordHash: to, updatedAt: this.#context.now() },
    });
    return count === 1;
  }

  bumpTokenVersion(id: string): Promise<UserRecord> {
    return this.#write(id, { tokenVersion: { increment: 1 } });
  }

  async remove(id: string): Promise<void> {
    const { count } = await this.#context.db.user.deleteMany({ where: { id } });
    if (count === 0) throw new StorageError('NOT_FOUND', 'there is no such user');
  }

  async #write(id: string, data: object): Promise<UserRecord> {
    const [row] = await this.#context.db.user.updateManyAndReturn({
      where: { id },
      data: { ...data, updatedAt: this.#context.now() },
    });
    if (row === undefined) throw new StorageError('NOT_FOUND', 'there is no such user');
    return toRecord(row);
  }
}

function toRecord(row: User): UserRecord {
  return { ...row, role: row.role as UserRole };
}

function nameOrNothing(name: string): string {
  try {
    return normalizeUsername(name);
  } catch {
    return '';
  }
}
