/** Names the samples that differ where the sums of a bucket say that some do. */
import type { Difference, Verdict } from './checker.ts';
import type { Expectation } from './expectation.ts';
import type { Sql } from '../system/clients.ts';
import { SAMPLE_BUCKET_SQL, SAMPLE_TEXT_SQL } from './observation.ts';

const MOST_BUCKETS = 2;
const MOST_NAMED = 5;

export async function explain(
  sql: Sql,
  expectation: Expectation,
  { badBuckets, rejectedSamples }: Pick<Verdict, 'badBuckets' | 'rejectedSamples'>,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const bucket of badBuckets.slice(0, MOST_BUCKETS)) {
    const expected = expectation.samplesOf(bucket);
    const rows = await sql<{ id: string | null; text: string; count: number }>(
      `SELECT tags->>'e' AS id, ${SAMPLE_TEXT_SQL} AS text, count(*)::int AS count FROM system_metrics
       WHERE ${SAMPLE_BUCKET_SQL} = $1 GROUP BY 1, 2`,
      [bucket],
    );
    const found = new Map(rows.map((row) => [row.id ?? '', row]));
    const named = [
      ...rows.filter(({ count }) => count > 1).map(({ id, count }) => `sample ${id} is there ${count} times`),
      ...rows.filter(({ id }) => !expected.has(id ?? '')).map(({ id }) => `sample ${id} was never sent`),
      ...[...expected.keys()]
        .filter((id) => !found.has(id) && !rejectedSamples.has(id))
        .map((id) => `sample ${id} is lost`),
      ...rows
        .filter(({ id, text }) => expected.has(id ?? '') && expected.get(id ?? '') !== text)
        .map(({ id, text }) => `sample ${id} is ${text} instead of ${expected.get(id ?? '')}`),
    ];
    differences.push(...named.slice(0, MOST_NAMED).map((text) => `system_metrics, ${bucket}: ${text}`));
  }
  return differences;
}
