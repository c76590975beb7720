import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '@chip/service';
import { appendAudit } from '../audit/audit.ts';
import type { Database, Queryable } from '../connection/database.ts';

/** API keys: operators create and change them, the query service checks them. */

export const KEY_ROLES = ['viewer', 'engineer', 'admin', 'machine'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];
/** Rights that no role except admin includes. */
export const KEY_SCOPES = ['export:raw', 'audit:read'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** What a key allows. */
export interface KeyRights {
  readonly role: KeyRole;
  readonly scopes: readonly KeyScope[];
  /** Only rows of these sites; null = every site. */
  readonly sites: readonly string[] | null;
  /** Only rows of these products; null = every product. */
  readonly products: readonly string[] | null;
}

export interface ApiKey extends KeyRights {
  readonly id: string;
  readonly name: string;
  /** Not secret; names the key. */
  readonly prefix: string;
  /** RFC 3339. */
  readonly expires_at: string | null;
}

/** A key as operators see it. */
export interface ListedKey extends ApiKey {
  readonly created_at: string;
  readonly created_by: string;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

/** A key cannot be created or changed as requested; the message says why. */
export class KeyRefusedError extends AppError {
  readonly code = 'input_refused';
  readonly retriable = false;
}

/** `chip_`, ten letters and digits to find the key by, 256 random bits. */
const KEY = /^chip_([0-9a-z]{10})_[A-Za-z0-9_-]{43}$/;

/** @returns the part that names the key, or undefined if this is not one of our keys */
export const keyPrefix = (key: string): string | undefined => KEY.exec(key)?.[1];

/** Whether the text claims to be one of our keys rather than a token. */
export const looksLikeKey = (text: string): boolean => text.startsWith('chip_');

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

function newKey(): { key: string; prefix: string; hash: Buffer } {
  const prefix = randomBytes(7).readUIntBE(1, 6).toString(36).padStart(10, '0').slice(-10);
  const key = `chip_${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key, prefix, hash: hashOf(key) };
}

/** Who changes keys, and why. */
export interface KeyChange {
  readonly by: string;
  readonly reason: string;
}

export interface NewKey extends KeyRights {
  readonly name: string;
  /** RFC 3339; null = never. */
  readonly expires_at: string | null;
}

/** @returns the key, which is shown only this once, with its description */
export async function createKey(
  database: Database,
  wanted: NewKey,
  change: KeyChange,
): Promise<{ key: string; prefix: string }> {
  return database.withTransaction((transaction) => insertKey(transaction, wanted, change, 'key.create', {}));
}

async function insertKey(
  transaction: Queryable,
  wanted: NewKey,
  { by, reason }: KeyChange,
  action: string,
  more: object,
): Promise<{ key: string; prefix: string }> {
  const { key, prefix, hash } = newKey();
  const { name, role, scopes, sites, products, expires_at } = wanted;
  await transaction.query(
    `INSERT INTO private.api_keys (name, prefix, hash, role, scopes, sites, products, expires_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [name, prefix, hash, role, scopes, sites, products, expires_at, by],
  );
  await appendAudit(transaction, {
    stream: 'operator',
    actor: by,
    action,
    subject: `key:${prefix}`,
    reason,
    newValue: { name, role, scopes, sites, products, expires_at, ...more },
  });
  return { key, prefix };
}

/** Newest first, revoked keys included. */
export function listKeys(database: Queryable): Promise<ListedKey[]> {
  return database.query<ListedKey>(
    `SELECT id, name, prefix, role, scopes, sites, products, created_at, created_by, expires_at, revoked_at, last_used_at
       FROM private.api_keys ORDER BY created_at DESC, prefix`,
  );
}

/** Revokes a key. Services notice within five seconds. @throws KeyRefusedError */
export async function revokeKey(database: Database, prefix: string, change: KeyChange): Promise<void> {
  await database.withTransaction(async (transaction) => {
    await endKey(transaction, prefix, 'now()');
    await appendAudit(transaction, {
      stream: 'operator',
      actor: change.by,
      action: 'key.revoke',
      subject: `key:${prefix}`,
      reason: change.reason,
    });
  });
}

/**
 * Creates a key with the rights of an old one, which stays valid for a while so that its users can change over.
 *
 * @param graceSeconds how long the old key remains valid
 * @param expiresAt end of the new key, RFC 3339; that of the old one if absent
 * @throws KeyRefusedError also if the new key would end with the old one
 */
export async function rotateKey(
  database: Database,
  prefix: string,
  graceSeconds: number,
  change: KeyChange,
  expiresAt?: string,
): Promise<{ key: string; prefix: string }> {
  return database.withTransaction(async (transaction) => {
    const old = await usableKey(transaction, prefix);
    const end = expiresAt ?? old.expires_at;
    // A key that was rotated before ends with its grace period.
    if (end !== null && end === old.expires_at && Date.parse(end) <= Date.now() + graceSeconds * 1000) {
      throw new KeyRefusedError(
        `the key ${prefix} ends at ${end}, and the new one would too; give it a lifetime: --expires 90d`,
      );
    }
    await transaction.query(
      `UPDATE private.api_keys SET expires_at = least(expires_at, now() + $2 * INTERVAL '1 second') WHERE id = $1`,
      [old.id, graceSeconds],
    );
    const wanted = { ...old, expires_at: end };
    return insertKey(transaction, wanted, change, 'key.rotate', { rotated_from: prefix, grace_seconds: graceSeconds });
  });
}

async function endKey(transaction: Queryable, prefix: string, at: string): Promise<void> {
  const key = await usableKey(transaction, prefix);
  await transaction.query(`UPDATE private.api_keys SET revoked_at = ${at} WHERE id = $1`, [key.id]);
}

async function usableKey(transaction: Queryable, prefix: string): Promise<ApiKey> {
  const [key] = await transaction.query<ListedKey>(
    `SELECT id, name, prefix, role, scopes, sites, products, expires_at, revoked_at FROM private.api_keys WHERE prefix = $1 FOR UPDATE`,
    [prefix],
  );
  if (!key) {
    throw new KeyRefusedError(`there is no key ${prefix}; "keys list" shows them`);
  }
  if (key.revoked_at !== null) {
    throw new KeyRefusedError(`the key ${prefix} is already revoked`);
  }
  return key;
}

/**
 * The usable keys in memory, as one service knows them. A check costs a hash and a look-up, so wrong keys, however
 * many, never reach the database.
 */
export class KnownKeys {
  #version: number | null = null;
  #byPrefix = new Map<string, ApiKey & { hash: Buffer }>();
  #used = new Map<string, Date>();

  /**
   * Reloads the keys if they changed. A replica that lags has keys that were revoked since then, so those of an older state
   * count only from the primary, which may be one that was promoted.
   *
   * @throws DatabaseError
   */
  async refresh(database: Queryable, isPrimary: boolean): Promise<void> {
    const rows = await database.query<Omit<ApiKey, 'id'> & { id: string | null; version: number; hash: Buffer }>(
      'SELECT * FROM private.usable_keys($1)',
      [this.#version],
    );
    const version = rows[0]?.version;
    if (version === undefined || (!isPrimary && this.#version !== null && version < this.#version)) {
      return;
    }
    const usable = rows.filter((row): row is typeof row & { id: string } => row.id !== null);
    this.#byPrefix = new Map(usable.map((row) => [row.prefix, row]));
    this.#version = version;
  }

  /** @returns undefined for a key that is unknown, revoked or expired */
  find(key: string, now = new Date()): ApiKey | undefined {
    const known = this.#byPrefix.get(keyPrefix(key) ?? '');
    if (!known || !timingSafeEqual(known.hash, hashOf(key))) {
      return undefined;
    }
    if (known.expires_at !== null && Date.parse(known.expires_at) <= now.getTime()) {
      return undefined;
    }
    this.#used.set(known.id, now);
    return known;
  }

  /** Stores when keys were last used. @throws DatabaseError */
  async reportUse(database: Queryable): Promise<void> {
    const used = [...this.#used];
    if (used.length === 0) {
      return;
    }
    this.#used.clear();
    await database.query('SELECT private.note_key_use($1::uuid[], $2::timestamptz[])', [
      used.map(([id]) => id),
      used.map(([, at]) => at.toISOString()),
    ]);
  }
}
