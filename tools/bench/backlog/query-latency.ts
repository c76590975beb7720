/** Latency of answers, one request after the other, on the data of the previous case. */
import { latenciesOf, type Latencies } from '../results/numbers.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import type { CaseDatabase } from '../system/case-database.ts';

const WARM_UPS = 5;

export interface LatencyResult {
  readonly question: string;
  readonly requests: number;
  readonly ms: Latencies;
}

/** @param questions path with parameters, by what it asks */
export async function measureQueries(
  system: BenchSystem,
  database: CaseDatabase,
  questions: Readonly<Record<string, string>>,
  requests: number,
): Promise<LatencyResult[]> {
  // What autovacuum would do by itself a minute later.
  await database.client.query('ANALYZE');
  return system.withQuery(database, async (url) => {
    const results: LatencyResult[] = [];
    for (const [question, path] of Object.entries(questions)) {
      const times: number[] = [];
      for (let number = 0; number < WARM_UPS + requests; number += 1) {
        const began = performance.now();
        const response = await fetch(url + path);
        const body = await response.text();
        times.push(performance.now() - began);
        if (response.status !== 200) {
          throw new Error(`GET ${path} answered ${response.status}: ${body.slice(0, 300)}`);
        }
      }
      results.push({ question, requests, ms: latenciesOf(times.slice(WARM_UPS)) });
    }
    return results;
  });
}
