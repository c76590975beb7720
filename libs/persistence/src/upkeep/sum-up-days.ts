/** Sums up the days whose attempts changed, so that questions about long ranges need not read them one by one. */
import type { Queryable } from '../connection/database.ts';

/** One turn of the maintenance: other tasks wait no longer than this and one day for it. */
const TURN_MS = 10_000;

/**
 * Sums up days until nothing is left to do for now, or the turn is over. Every day is its own transaction, so an
 * interrupted turn loses nothing, and the next one continues where it stopped.
 *
 * @param quiet how long ago a day must have changed, as PostgreSQL writes an interval; default 5 minutes
 * @returns attempts counted
 */
export async function sumUpDays(session: Queryable, turnMs = TURN_MS, quiet = '5 minutes'): Promise<number> {
  const end = performance.now() + turnMs;
  await session.query('SELECT compact_day_changes()');
  let counted = 0;
  do {
    const ofDay = await sumUpDay(session, quiet);
    if (ofDay === null) {
      break;
    }
    counted += ofDay;
  } while (performance.now() < end);
  return counted;
}

/** One snapshot for the attempts and their marks: a change that it does not see keeps its mark. */
async function sumUpDay(session: Queryable, quiet: string): Promise<number | null> {
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  try {
    const [day] = await session.query<{ counted: number | null }>('SELECT sum_up_day($1) AS counted', [quiet]);
    await session.query('COMMIT');
    return day?.counted ?? null;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
