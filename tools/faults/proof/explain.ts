/** Names the samples that differ, where the sums of a bucket say that some do. */
import type { Difference } from './checker.ts';
import type { Expectation } from './expectation.ts';
import type { Sql } from '../system/clients.ts';
import { sampleBucketSql, sampleTextSql } from './observation.ts';

const mostBuckets = 2;
const mostNamed = 5;

export async function explain(sql: Sql, expectation: Expectation, buckets: readonly string[]): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const bucket of buckets.slice(0, mostBuckets)) {
    const expected = expectation.samplesOf(bucket);
    const rows = await sql<{ id: string | null; text: string; count: number }>(
      `SELECT tags->>'e' AS id, ${sampleTextSql} AS text, count(*)::int AS count FROM system_metrics
       WHERE ${sampleBucketSql} = $1 GROUP BY 1, 2`,
      [bucket],
    );
    const found = new Map(rows.map((row) => [row.id ?? '', row]));
    const named = [
      ...rows.filter(({ count }) => count > 1).map(({ id, count }) => `sample ${id} is there ${count} times`),
      ...rows.filter(({ id }) => !expected.has(id ?? '')).map(({ id }) => `sample ${id} was never sent`),
      ...[...expected.keys()].filter((id) => !found.has(id)).map((id) => `sample ${id} is lost`),
      ...rows
        .filter(({ id, text }) => expected.has(id ?? '') && expected.get(id ?? '') !== text)
        .map(({ id, text }) => `sample ${id} is ${text} instead of ${expected.get(id ?? '')}`),
    ];
    differences.push(...named.slice(0, mostNamed).map((text) => `system_metrics, ${bucket}: ${text}`));
  }
  return differences;
}
