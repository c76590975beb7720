/** The audit trail: appending to its hash chains, and verifying them. */
import type { Queryable } from '../connection/database.ts';

/** Who requested a change, and why; both go into the audit trail. */
export interface Change {
  actor: string;
  reason: string;
}

/** One change made by a person or an operator's command. */
export interface AuditEntry {
  /** The hash chain of the entry: `api` for changes through HTTP, `operator` for commands. */
  stream: string;
  /** Who: a key's name or a system user. */
  actor: string;
  /** What, such as `inspection.create` or `position.accept_gap`. */
  action: string;
  /** Of what, such as `inspection:<id>`. */
  subject: string;
  /** Why; required. */
  reason: string;
  /** Before and after, as JSON; nothing secret. */
  oldValue?: unknown;
  newValue?: unknown;
}

/**
 * Appends to the audit trail. Call it inside the transaction of the change, so that neither exists without the other,
 * and late in it: changes of one stream wait for each other from here to the commit.
 *
 * @returns the entry's number in its stream
 */
export async function appendAudit(transaction: Queryable, entry: AuditEntry): Promise<number> {
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  const rows = await transaction.query<{ seq: number }>('SELECT append_audit($1, $2, $3, $4, $5, $6, $7) AS seq', [
    entry.stream,
    entry.actor,
    entry.action,
    entry.subject,
    entry.reason,
    json(entry.oldValue),
    json(entry.newValue),
  ]);
  return (rows[0] as { seq: number }).seq;
}

/** Every migration is an entry of this stream, so every migrated database has it. */
const SCHEMA_STREAM = 'schema';

/** A head of a stream, noted earlier outside the database, out of reach of anyone who can change the database. */
export interface AuditAnchor {
  stream: string;
  seq: number;
  /** Hex. */
  hash: string;
}

export interface AuditVerification {
  stream: string;
  entries: number;
  /** The newest entry: note it outside the database to detect a later truncation. Null for an unknown stream. */
  head: AuditAnchor | null;
  /** The first wrong or missing entry; null if the chain is whole. */
  broken: { seq: number; problem: string } | null;
}

/**
 * Walks one or all hash chains.
 *
 * @param anchors heads noted earlier; a chain that no longer contains one of them is broken
 */
export async function verifyAudit(
  database: Queryable,
  options: { stream?: string; anchors?: readonly AuditAnchor[] } = {},
): Promise<AuditVerification[]> {
  const { stream, anchors = [] } = options;
  const known = await database.query<{ stream: string }>(
    'SELECT stream FROM audit_heads UNION SELECT DISTINCT stream FROM audit_log ORDER BY 1',
  );
  const streams = new Set([
    ...known.map((row) => row.stream),
    SCHEMA_STREAM,
    ...anchors.map((anchor) => anchor.stream),
  ]);
  const results: AuditVerification[] = [];
  for (const name of stream === undefined ? streams : [stream]) {
    const rows = await database.query<{
      entries: number;
      head_seq: number | null;
      head_hash: string | null;
      broken_seq: number | null;
      problem: string | null;
    }>('SELECT * FROM verify_audit($1)', [name]);
    const row = rows[0] as (typeof rows)[number];
    let broken = row.broken_seq === null ? null : { seq: row.broken_seq, problem: row.problem ?? '' };
    if (name === SCHEMA_STREAM && row.entries === 0 && row.head_seq === null) {
      broken = {
        seq: 1,
        problem: 'the stream is missing, although every migration of this database wrote an entry to it',
      };
    }
    for (const anchor of anchors.filter((one) => one.stream === name)) {
      const problem = await missingAnchor(database, anchor);
      if (problem && (broken === null || problem.seq < broken.seq)) {
        broken = problem;
      }
    }
    results.push({
      stream: name,
      entries: row.entries,
      head: row.head_seq === null ? null : { stream: name, seq: row.head_seq, hash: row.head_hash as string },
      broken,
    });
  }
  return results;
}

async function missingAnchor(
  database: Queryable,
  anchor: AuditAnchor,
): Promise<{ seq: number; problem: string } | undefined> {
  const rows = await database.query<{ hash: string | null; pruned: boolean }>(
    `SELECT (SELECT encode(hash, 'hex') FROM audit_log WHERE stream = $1 AND seq = $2) AS hash,
       coalesce((SELECT first_seq > $2 FROM audit_heads WHERE stream = $1), false) AS pruned`,
    [anchor.stream, anchor.seq],
  );
  const row = rows[0];
  if (row?.pruned || row?.hash === anchor.hash) {
    return undefined;
  }
  return {
    seq: anchor.seq,
    problem:
      row?.hash == null ? 'the anchored entry is gone: the stream was cut off' : 'the entry is not the anchored one',
  };
}
