/** Views on extensions that may be created after the schema. */
import type { Client } from 'pg';
import { READERS, type Tables } from './declarations.ts';

export const MONITORING_TABLES: Tables = { slow_queries: { select: READERS } };

/**
 * `slow_queries` needs the extension pg_stat_statements, which only a superuser may create, possibly after the schema.
 * So every migration recreates this view: from the extension if it exists, otherwise empty.
 */
export async function applyMonitoringViews(client: Pick<Client, 'query'>): Promise<{ statementsMissing: boolean }> {
  const present = async (): Promise<boolean> => {
    const { rows } = await client.query<{ present: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS present`,
    );
    return rows[0]?.present ?? false;
  };
  if (!(await present())) {
    try {
      await client.query('CREATE EXTENSION pg_stat_statements');
    } catch {
      // Not installed, or this user may not create it: the return value reports what is missing.
    }
  }
  const statements = await present();
  const columns = [
    'query text',
    'calls bigint',
    'total_exec_time float8',
    'mean_exec_time float8',
    'rows bigint',
    'hit_percent float8',
  ];
  const source = statements
    ? `SELECT query, calls, total_exec_time, mean_exec_time, rows,
         (100.0 * shared_blks_hit / nullif(shared_blks_hit + shared_blks_read, 0))::float8 AS hit_percent
       FROM pg_stat_statements
       WHERE mean_exec_time > 100 AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       ORDER BY mean_exec_time DESC`
    : `SELECT ${columns.map((column) => `NULL::${column.split(' ')[1]} AS ${column.split(' ')[0]}`).join(', ')} WHERE false`;
  await client.query(`CREATE OR REPLACE VIEW slow_queries AS ${source}`);
  await client.query(
    `COMMENT ON VIEW slow_queries IS '${
      statements
        ? 'Statements of this database that take more than 100 ms on average.'
        : 'Empty: the extension pg_stat_statements is missing. Create it (as superuser), then run the migrations again.'
    }'`,
  );
  return { statementsMissing: !statements };
}
