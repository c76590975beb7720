import { createHash } from 'node:crypto';
import { appendAudit } from '../audit/audit.ts';
import type { Database, Queryable } from '../connection/database.ts';

/** A session of a browser that ends before its token does. */
export interface EndedSession {
  /** The random text that every cookie of the session holds. */
  readonly secret: string;
  /** Of its user, for the audit trail. */
  readonly actor: string;
  /** Of its token, seconds since 1970. */
  readonly endsAt: number;
}

/** What is kept of a session leads to no cookie. */
const idOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
/** For this long beyond its end, a token may still be accepted where the clock is late. */
const CLOCKS_DIFFER_S = 5 * 60;

/**
 * The sessions that ended before their tokens, as one service knows them. A session never comes back: not while a replica
 * that lags is read, and not before the database has heard of its end.
 */
export class KnownEndedSessions {
  #version: number | null = null;
  /** When the tokens of the sessions end, by id. */
  #ends = new Map<string, number>();
  /** Not stored yet. */
  #pending = new Set<EndedSession>();

  /** Learns of further sessions, if there are any. @throws DatabaseError */
  async refresh(database: Queryable): Promise<void> {
    const rows = await database.query<{ version: number; id: Buffer | null; ends_at: string | null }>(
      'SELECT * FROM private.sessions_ended($1)',
      [this.#version],
    );
    for (const { version, id, ends_at } of rows) {
      this.#version = version;
      if (id !== null && ends_at !== null) {
        this.#ends.set(id.toString('hex'), Date.parse(ends_at) / 1000);
      }
    }
    const past = Date.now() / 1000 - CLOCKS_DIFFER_S;
    for (const [id, endsAt] of this.#ends) {
      if (endsAt < past) {
        this.#ends.delete(id);
      }
    }
  }

  has(secret: string): boolean {
    return this.#ends.has(idOf(secret).toString('hex'));
  }

  /** Ends a session: here at once, and everywhere after {@link store}. */
  add(session: EndedSession): void {
    this.#ends.set(idOf(session.secret).toString('hex'), session.endsAt);
    this.#pending.add(session);
  }

  /** Stores what was added, with an entry in the audit trail. @throws DatabaseError after which the rest stays to be stored */
  async store(database: Database): Promise<void> {
    for (const session of this.#pending) {
      const id = idOf(session.secret);
      await database.withTransaction(async (transaction) => {
        const [row] = await transaction.query<{ is_new: boolean }>('SELECT private.end_session($1, $2) AS is_new', [
          id,
          new Date(session.endsAt * 1000).toISOString(),
        ]);
        if (row?.is_new) {
          await appendAudit(transaction, {
            stream: 'api',
            actor: session.actor,
            action: 'session.end',
            subject: `session:${id.toString('hex').slice(0, 16)}`,
            reason: 'signed out',
          });
        }
      });
      this.#pending.delete(session);
    }
  }
}
