/** How far a replica lags behind its primary. */
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
