/** Retention settings and legal holds. */
import { AppError } from '@chip/service';
import { appendAudit, type Change } from '../audit/audit.ts';
import { DatabaseError } from '../connection/database-error.ts';
import type { Database, Queryable } from '../connection/database.ts';

/** A retention or hold cannot be set as requested. */
export class RetentionError extends AppError {
  readonly code = 'retention_refused';
  readonly retriable = false;
}

/** @returns per table how long its rows are kept, as PostgreSQL prints an interval; null = indefinitely */
export async function readRetention(database: Queryable): Promise<{ table: string; keep: string | null }[]> {
  return database.query('SELECT table_name AS table, keep::text FROM retention_settings ORDER BY 1');
}

/**
 * Changes how long a table's rows are kept; the maintenance deletes what is older within the hour.
 *
 * @param keep an interval such as `90 days`, or null for indefinitely
 * @returns the interval as PostgreSQL understands it
 * @throws RetentionError
 */
export async function setRetention(
  database: Database,
  table: string,
  keep: string | null,
  change: Change,
): Promise<string | null> {
  return database.withTransaction(async (transaction) => {
    const [before] = await transaction.query<{ keep: string | null }>(
      'SELECT keep::text FROM retention_settings WHERE table_name = $1 FOR UPDATE',
      [table],
    );
    if (!before) {
      throw new RetentionError(`There is no retention for ${table}.`);
    }
    const refused = (cause?: unknown): RetentionError =>
      new RetentionError(`Expected a positive interval with its unit such as "90 days", got "${keep}".`, { cause });
    // PostgreSQL takes a number without a unit for seconds.
    if (keep !== null && !/[a-z]/i.test(keep)) {
      throw refused();
    }
    try {
      // The subtraction refuses intervals too long for it, with which the upkeep would fail.
      await transaction.query('SELECT set_retention($1, $2::interval), now() - $2::interval', [table, keep]);
    } catch (error) {
      if (error instanceof DatabaseError && error.kind === 'data') {
        throw refused(error);
      }
      throw error;
    }
    if (table === 'audit_log') {
      await refuseShortTrail(transaction);
    }
    await appendAudit(transaction, {
      stream: 'operator',
      ...change,
      action: 'retention.set',
      subject: `table:${table}`,
      oldValue: before.keep,
      newValue: keep,
    });
    const [after] = await transaction.query<{ keep: string | null }>(
      'SELECT keep::text FROM retention_settings WHERE table_name = $1',
      [table],
    );
    return after?.keep ?? null;
  });
}

/** An audit trail that ends yesterday proves nothing: its entries could be pruned right after the change they record. */
async function refuseShortTrail(transaction: Queryable): Promise<void> {
  const short = await transaction.query(
    `SELECT 1 FROM retention_settings WHERE table_name = 'audit_log' AND keep < INTERVAL '1 year'`,
  );
  if (short.length > 0) {
    throw new RetentionError('The audit trail is kept for at least 1 year.');
  }
}

/**
 * Keeps everything of this lot until the hold is lifted. @throws RetentionError when the lot is unknown or already held
 */
export async function placeHold(
  database: Database,
  lot: { site: string; lotId: string },
  change: Change,
): Promise<void> {
  await changeHold(
    database,
    lot,
    change,
    'legal_hold.place',
    `
    INSERT INTO legal_holds (lot_id, reason, placed_by) SELECT id, $3, $4 FROM lots WHERE site = $1 AND lot_id = $2
    ON CONFLICT DO NOTHING RETURNING 1`,
    [change.reason, change.actor],
  );
}

/** @throws RetentionError when the lot is not held */
export async function liftHold(
  database: Database,
  lot: { site: string; lotId: string },
  change: Change,
): Promise<void> {
  await changeHold(
    database,
    lot,
    change,
    'legal_hold.lift',
    `
    DELETE FROM legal_holds USING lots WHERE lots.id = legal_holds.lot_id AND site = $1 AND lots.lot_id = $2 RETURNING 1`,
    [],
  );
}

async function changeHold(
  database: Database,
  lot: { site: string; lotId: string },
  change: Change,
  action: string,
  statement: string,
  parameters: string[],
): Promise<void> {
  await database.withTransaction(async (transaction) => {
    const changed = await transaction.query(statement, [lot.site, lot.lotId, ...parameters]);
    if (changed.length === 0) {
      throw new RetentionError(
        action === 'legal_hold.place' ? 'The lot is not known, or is on hold already.' : 'The lot is not on hold.',
      );
    }
    await appendAudit(transaction, { stream: 'operator', ...change, action, subject: `lot:${lot.site}/${lot.lotId}` });
  });
}

/** @returns the lots on hold, oldest hold first */
export async function readHolds(
  database: Queryable,
): Promise<{ site: string; lot_id: string; reason: string; placed_by: string; placed_at: string }[]> {
  return database.query(
    `SELECT site, lots.lot_id, reason, placed_by, placed_at FROM legal_holds JOIN lots ON lots.id = legal_holds.lot_id ORDER BY placed_at`,
  );
}
