/** Turns measurements that an earlier version stored as rows into vectors, a little at a time. */
import type { Queryable } from '../connection/database.ts';

/** One turn of the maintenance: other tasks wait no longer than this for it. */
const TURN_MS = 10_000;

/**
 * Packs until nothing is left to do for now, or the turn is over. Every step is its own transaction, so an interrupted
 * turn loses nothing, and the next one continues where it stopped.
 *
 * @returns rows packed
 */
export async function packMeasurements(session: Queryable, turnMs = TURN_MS): Promise<number> {
  const end = performance.now() + turnMs;
  let packed = 0;
  do {
    const [step] = await session.query<{ n: number | null }>('SELECT pack_measurements()::int AS n');
    if (step?.n == null) {
      break;
    }
    packed += step.n;
  } while (performance.now() < end);
  return packed;
}
