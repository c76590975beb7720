/**
 * Yield, bins, defects and measured values are answered from sums, which triggers and the upkeep keep. The sums must be
 * those of the attempts, whatever fault interrupts a flush, a fold or the upkeep.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../system/clients.ts';

/** Differences shown per kind; more would only repeat the same defect. */
const MOST = 5;

const place = (order: 'ASC' | 'DESC'): string =>
  `occurred_at ${order}, coalesce(attempt_no, 0) ${order}, event_id ${order}`;
/** Which attempt of a unit each policy counts. */
const CHOSEN = {
  last: place('DESC'),
  first: place('ASC'),
  best: `(coalesce(result, '') = 'pass')::int DESC, ${place('DESC')}`,
  worst: `(coalesce(result, '') = 'fail')::int DESC, ${place('DESC')}`,
};
const POLICIES = Object.keys(CHOSEN) as (keyof typeof CHOSEN)[];

/** Completed attempts `a`, with the day that counts them and whether each policy chooses them. */
const ATTEMPTS = `a AS MATERIALIZED (
    SELECT *, (completed_at AT TIME ZONE 'UTC')::date AS day, ${POLICIES.map(
      (policy) => `row_number() OVER (PARTITION BY inspection_id ORDER BY ${CHOSEN[policy]}) = 1 AS is_${policy}`,
    ).join(', ')}
    FROM inspection_attempts WHERE status = 'completed'
  )`;

const key = (...columns: readonly string[]): string =>
  `concat_ws('|', ${columns.map((column) => `coalesce(${column}::text, '~')`).join(', ')})`;
const count = (condition: string): string => `count(*) FILTER (WHERE ${condition})`;

interface Compared {
  readonly what: string;
  /** Two SELECTs of `key` and `content`: of the attempts `a`, and of the sums. */
  readonly counted: string;
  readonly summed: string;
}

const UNIT = ['day', 'inspection_type', 'product', 'equipment_id', 'lot_id'] as const;
const SUPERSEDED = POLICIES.flatMap((policy) => [`superseded_${policy}`, `superseded_${policy}_passed`]);
const YIELD = ['units', 'passed', 'insertions', 'insertions_passed', ...SUPERSEDED];
const sums = (from: string, names: readonly string[] = YIELD): string =>
  `SELECT ${key(...UNIT)} AS key, concat_ws(' ', ${names.map((name) => `sum(${name})`).join(', ')}) AS content FROM ${from}
   GROUP BY 1 HAVING ${names.map((name) => `sum(${name}) <> 0`).join(' OR ')}`;

const YIELDS: Compared = {
  what: `yield (${YIELD.join(', ')})`,
  counted: sums(`(
    SELECT ${UNIT.join(', ')}, 0 AS units, 0 AS passed, 1 AS insertions, (result = 'pass')::int AS insertions_passed,
      ${POLICIES.map(
        (policy) =>
          `(NOT is_${policy})::int AS superseded_${policy}, (NOT is_${policy} AND result = 'pass')::int AS superseded_${policy}_passed`,
      ).join(', ')} FROM a
    UNION ALL
    SELECT (completed_at AT TIME ZONE 'UTC')::date, ${UNIT.slice(1).join(', ')}, 1, (result = 'pass')::int, 0, 0, ${SUPERSEDED.map(() => '0').join(', ')}
    FROM inspections WHERE result IS NOT NULL) AS one`),
  summed: sums(
    `(SELECT ${[...UNIT, ...YIELD].join(', ')} FROM yield_daily_base UNION ALL SELECT ${[...UNIT, ...YIELD].join(', ')} FROM yield_delta) AS part`,
  ),
};

/** Days without a mark are answered from the daily tables; the others from the attempts. */
const SUMMED_UP = 'day NOT IN (SELECT day FROM attempt_day_changes)';
/** Bits of `choices`, in the order of the policies. */
const chosenIn = (table: string, amount: string): string =>
  POLICIES.map((_, bit) => `coalesce(sum(${amount}) FILTER (WHERE ${table}.choices & ${1 << bit} > 0), 0)`).join(', ');
const ATTEMPT = [...UNIT, 'step', 'recipe', 'result', 'hard_bin', 'soft_bin'] as const;
const ofValues = key('day', 'name', 'unit');

const DAILY: readonly Compared[] = [
  {
    what: 'attempts of a day (all, of each policy)',
    counted: `SELECT ${key(...ATTEMPT)} AS key, concat_ws(' ', count(*), ${POLICIES.map((policy) => count(`is_${policy}`)).join(', ')}) AS content
      FROM a WHERE ${SUMMED_UP} GROUP BY 1`,
    summed: `SELECT ${key(...ATTEMPT)} AS key, concat_ws(' ', sum(attempts), ${chosenIn('d', 'attempts')}) AS content
      FROM daily_attempts AS d WHERE ${SUMMED_UP} GROUP BY 1`,
  },
  {
    what: 'defects of a day (all, of each policy)',
    counted: `SELECT ${key(...UNIT, 'd.class')} AS key, concat_ws(' ', count(*), ${POLICIES.map((policy) => count(`is_${policy}`)).join(', ')}) AS content
      FROM a JOIN defects AS d ON d.inspection_id = a.inspection_id AND d.event_id = ANY (a.event_ids) WHERE ${SUMMED_UP} GROUP BY 1`,
    summed: `SELECT ${key(...UNIT, 'class')} AS key, concat_ws(' ', sum(defects), ${chosenIn('d', 'defects')}) AS content
      FROM daily_defects AS d WHERE ${SUMMED_UP} GROUP BY 1`,
  },
  {
    // Values of the last attempts. One comparison for two tables, because it reads a million values.
    what: 'values of a day (numbers, missing ones; by lot numbers, least, greatest)',
    counted: `SELECT ${key('a.day', 'm.name', 'm.unit')} AS key,
        concat_ws(' ', count(m.value), count(*) - count(m.value), count(m.value), min(m.value), max(m.value)) AS content
      FROM a JOIN measurements AS m ON m.inspection_id = a.inspection_id AND m.event_id = ANY (a.event_ids) WHERE is_last AND ${SUMMED_UP} GROUP BY 1`,
    summed: `SELECT key, concat_ws(' ', coalesce(d.numbers, 0), coalesce(d.missing, 0), coalesce(l.numbers, 0), l.least, l.greatest) AS content
      FROM (SELECT ${ofValues} AS key, sum(values) AS numbers, sum(missing) AS missing
            FROM daily_measured WHERE ${SUMMED_UP} GROUP BY 1) AS d
      FULL JOIN (SELECT ${ofValues} AS key, sum(values) AS numbers, min(least) AS least, max(greatest) AS greatest
            FROM daily_measured_lots WHERE ${SUMMED_UP} GROUP BY 1 HAVING sum(values) > 0) AS l USING (key)`,
  },
];

/** Groups whose sums differ from the attempts. Each comparison is one statement, so it has one snapshot. */
export async function readSummaryDifferences(sql: Sql): Promise<string[]> {
  const texts: string[] = [];
  // An upgrade begins with the schema of a former version, which may not have them all.
  const newest = await sql(
    `SELECT FROM information_schema.columns WHERE table_name = 'yield_daily_base' AND column_name = 'superseded_last'`,
  );
  if (newest.length === 0) {
    return texts;
  }
  for (const { what, counted, summed } of [YIELDS, ...DAILY]) {
    const rows = await sql<{ text: string }>(
      `WITH ${ATTEMPTS}, counted AS (${counted}), summed AS (${summed})
       SELECT concat_ws(' ', key || ': counted', coalesce(counted.content, 'nothing'), 'but summed', coalesce(summed.content, 'nothing')) AS text
       FROM counted FULL JOIN summed USING (key) WHERE counted.content IS DISTINCT FROM summed.content ORDER BY key LIMIT ${MOST}`,
    );
    texts.push(...rows.map(({ text }) => `${what} ${text}`));
  }
  return texts;
}

/** Sums up days as the upkeep does, but also days that have just changed or are changing. */
export async function keepSummingUp(sql: Sql, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const began = performance.now();
    // One statement for the server, so it is rolled back if a fault interrupts it or the upkeep was faster.
    await sql(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT sum_up_day('0 s')`).catch(() => undefined);
    // A fifth of the time at most: the pipeline is what is tested.
    const pause = Math.max(1_000, 4 * (performance.now() - began));
    await sleep(pause, undefined, { signal: ended }).catch(() => undefined);
  }
}
