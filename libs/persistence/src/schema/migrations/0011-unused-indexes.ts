import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Indexes that no query uses. */
export class UnusedIndexes extends SchemaMigration {
  static override readonly tables: Tables = {
    unused_indexes: { select: READERS },
  };
  override name = '0011-unused-indexes';

  override up(): void {
    this.addSql(`
CREATE VIEW unused_indexes AS
SELECT s.schemaname, s.relname AS tablename, s.indexrelname AS indexname,
  s.idx_tup_read + coalesce(chunk.idx_tup_read, 0) AS idx_tup_read, s.idx_tup_fetch + coalesce(chunk.idx_tup_fetch, 0) AS idx_tup_fetch,
  pg_size_pretty(pg_relation_size(s.indexrelid) + coalesce(chunk.bytes, 0)) AS size
FROM pg_stat_user_indexes AS s
JOIN pg_index AS i USING (indexrelid)
-- A hypertable's own index is never scanned, those of its chunks are; their names end in its name.
LEFT JOIN LATERAL (
  SELECT sum(c.idx_scan) AS idx_scan, sum(c.idx_tup_read)::bigint AS idx_tup_read, sum(c.idx_tup_fetch)::bigint AS idx_tup_fetch,
    sum(pg_relation_size(c.indexrelid))::bigint AS bytes
  FROM pg_stat_user_indexes AS c
  WHERE c.schemaname = '_timescaledb_internal' AND c.indexrelname LIKE '\\_hyper\\_%\\_chunk\\_%'
    AND right(c.indexrelname, length(s.indexrelname)) = s.indexrelname
) AS chunk ON true
WHERE s.schemaname = 'public' AND s.idx_scan + coalesce(chunk.idx_scan, 0) = 0
  AND NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisexclusion
ORDER BY pg_relation_size(s.indexrelid) + coalesce(chunk.bytes, 0) DESC;
COMMENT ON VIEW unused_indexes IS 'Indexes without a scan since the statistics were reset (pg_stat_reset), largest first; keys are left out, as they also keep rules. Every replica counts its own scans: look there too before dropping one.';
`);
  }
}
