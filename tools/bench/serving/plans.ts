/** Which large tables the statements of an answer read whole, by the plans of PostgreSQL. */
import type pg from 'pg';
import type { CaseDatabase } from '../system/case-database.ts';
import type { Statement } from './statement-recorder.ts';

/** A smaller table is read faster than its index is looked into. */
const LARGE = { bytes: 8 * 1024 * 1024, rows: 10_000 };

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Name of the table of the product, by the name of each of its large parts. */
export type LargeTables = ReadonlyMap<string, string>;

export async function largeTables({ client }: CaseDatabase): Promise<LargeTables> {
  const { rows } = await client.query<{ part: string; name: string }>(
    `SELECT part, name FROM (
       SELECT relname AS part, relname AS name, oid, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
       UNION ALL
       SELECT chunk_name, hypertable_name, c.oid, c.reltuples FROM timescaledb_information.chunks
         JOIN pg_class c ON c.oid = format('%I.%I', chunk_schema, chunk_name)::regclass
     ) AS parts WHERE pg_relation_size(oid) > $1 AND reltuples > $2`,
    [LARGE.bytes, LARGE.rows],
  );
  return new Map(rows.map(({ part, name }) => [part, name]));
}

/** Replays transactions with their settings, but only plans what reads. @returns tables that are read whole */
export async function readWhole(
  client: pg.Client,
  statements: readonly Statement[],
  large: LargeTables,
): Promise<string[]> {
  const found = new Set<string>();
  for (const { text, values } of statements) {
    if (/^\s*(SELECT|WITH|DECLARE)\b/i.test(text) && !/set_config\(/i.test(text)) {
      const { rows } = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
        `EXPLAIN (FORMAT JSON) ${text}`,
        values as unknown[] | undefined,
      );
      rows.flatMap(({ 'QUERY PLAN': plans }) => plans).forEach(({ Plan }) => collect(Plan, large, found));
    } else if (/^\s*(BEGIN|SET|SELECT|COMMIT)\b/i.test(text)) {
      await client.query(text, values as unknown[] | undefined);
    }
  }
  // Nothing of it is left for the next answer: neither what a cancelled one has begun nor settings of a session.
  await client.query('ROLLBACK');
  await client.query('DISCARD ALL');
  return [...found].sort();
}

function collect(node: PlanNode, large: LargeTables, found: Set<string>): void {
  const table = large.get(node['Relation Name'] ?? '');
  if (node['Node Type'] === 'Seq Scan' && table !== undefined) {
    found.add(table);
  }
  node.Plans?.forEach((child) => collect(child, large, found));
}
