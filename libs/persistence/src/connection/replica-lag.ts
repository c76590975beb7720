/** How far a replica lags behind its primary, and whether it lets readers finish. */
import type { Queryable } from './database.ts';

/**
 * Seconds since the newest transaction that the server has replayed; 0 on a primary, and on a connected replica that
 * has replayed everything it received. A replica that has never replayed one is as old as its server process.
 */
export async function replicaLag(database: Queryable): Promise<number> {
  const [row] = await database.query<{ seconds: number }>(
    `SELECT CASE
       WHEN NOT pg_is_in_recovery() THEN 0
       WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
       ELSE extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
     END::double precision AS seconds`,
  );
  return row?.seconds ?? 0;
}

/**
 * Whether the server is a replica that cancels long reads: without feedback the primary does not know of them, removes rows
 * that they still see, and the replica ends them after `max_standby_streaming_delay`.
 */
export async function cancelsLongReads(database: Queryable): Promise<boolean> {
  const [row] = await database.query<{ cancels: boolean }>(
    `SELECT pg_is_in_recovery() AND current_setting('hot_standby_feedback') = 'off'
       AND current_setting('max_standby_streaming_delay') <> '-1' AS cancels`,
  );
  return row?.cancels ?? false;
}
