/** Bytes on disk, of tables with everything that belongs to them. */
import type { CaseDatabase } from './case-database.ts';

export interface Size {
  readonly heap: number;
  readonly indexes: number;
  /** Values that do not fit into their row, and the index of these. */
  readonly toast: number;
}

export const bytesOf = ({ heap, indexes, toast }: Size): number => heap + indexes + toast;

/** @param tables names in the schema of the product; every table when absent */
export async function sizeOf(database: CaseDatabase, tables?: readonly string[]): Promise<Size> {
  const size = await database.row<Record<keyof Size, string>>(SIZE, [tables ?? null]);
  return { heap: Number(size.heap), indexes: Number(size.indexes), toast: Number(size.toast) };
}

/** The rows of a hypertable are in its chunks. */
const SIZE = `
  WITH of_table AS (
    SELECT c.oid, c.relname AS name, c.reltoastrelid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    UNION ALL
    SELECT c.oid, k.hypertable_name, c.reltoastrelid FROM timescaledb_information.chunks k
      JOIN pg_class c ON c.oid = format('%I.%I', k.chunk_schema, k.chunk_name)::regclass
  ), sized AS (
    SELECT pg_total_relation_size(oid) AS whole, pg_indexes_size(oid) AS indexes,
      CASE WHEN reltoastrelid = 0 THEN 0 ELSE pg_total_relation_size(reltoastrelid) END AS toast
    FROM of_table WHERE $1::text[] IS NULL OR name = ANY ($1)
  )
  SELECT coalesce(sum(whole - indexes - toast), 0) AS heap, coalesce(sum(indexes), 0) AS indexes, coalesce(sum(toast), 0) AS toast FROM sized`;
