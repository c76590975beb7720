/** A month of measurements is old, and one lot of it is on hold: retention drops chunks while loading and folds go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pause, repeatedly } from '../../devstack/processes/wait-for.ts';
import { Trial } from '../../faults/run/trial.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { demands, stopwatch, type Outcome, type Scene } from './scene.ts';

const LOTS = 100;
const UNITS_PER_LOT = 1_000;
const VALUES_PER_UNIT = 100;
const MEASUREMENTS = LOTS * UNITS_PER_LOT * VALUES_PER_UNIT;
/** A fold that waits longer would show in answers; the alert says so after minutes. */
const MOST_FOLD_AGE_S = 60;
/** Everything of the month, but nothing that is published meanwhile. */
const KEEP = '10 days';
const LOOK_MS = 250;

interface Held {
  readonly rows: string;
  readonly sum: string;
}

export const retention: Scene = {
  what: `retention of a month with ${MEASUREMENTS.toLocaleString('en')} measurements, under load and with a lot on hold`,
  run: async (system, { rate }, seed) => {
    await fill(system);
    const trial = await Trial.begin({ system, seed, rate, resumeWithinMs: 60_000 });
    try {
      return await expire(system, trial);
    } finally {
      await trial.end();
    }
  },
};

/** A month that ended 45 days ago, in lots of as many units, whose values differ. */
async function fill(system: SystemUnderTest): Promise<void> {
  await system.sql(
    `INSERT INTO lots (id, lot_id) SELECT md5('old-' || l)::uuid, 'old-' || l FROM generate_series(1, ${LOTS}) AS l`,
  );
  await system.sql(
    `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, created_at)
     SELECT md5(l || '/' || u)::uuid, md5('old-' || l)::uuid, 'U' || u, 'electrical', 'completed', now() - interval '45 days'
     FROM generate_series(1, ${LOTS}) AS l, generate_series(1, ${UNITS_PER_LOT}) AS u`,
  );
  await system.sql(
    `INSERT INTO measurement_sets (id, names, units, lower_limits, upper_limits)
     SELECT md5('old')::uuid, array_agg('p' || n), array_agg(NULL::text), array_agg(NULL::float8), array_agg(NULL::float8)
     FROM generate_series(1, ${VALUES_PER_UNIT}) AS n`,
  );
  for (let lot = 1; lot <= LOTS; lot += 1) {
    system.signal.throwIfAborted();
    await system.sql(
      `INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
       SELECT now() - interval '45 days' - interval '30 days' * u / ${UNITS_PER_LOT}, md5($1::int || '/' || u)::uuid, gen_random_uuid(),
         md5('old')::uuid, ARRAY(SELECT u + n * 0.5 + $1::int FROM generate_series(1, ${VALUES_PER_UNIT}) AS n)
       FROM generate_series(1, ${UNITS_PER_LOT}) AS u`,
      [lot],
    );
  }
  system.report('month', `${MEASUREMENTS.toLocaleString('en')} measurements of ${LOTS} lots`);
}

async function expire(system: SystemUnderTest, trial: Trial): Promise<Outcome> {
  const { differences, demand } = demands();
  await sleep(5_000, undefined, { signal: system.signal });
  await system.sql(`INSERT INTO legal_holds (lot_id, reason, placed_by) VALUES (md5('old-1')::uuid, 'drill', 'drill')`);
  const before = await held(system, true);
  const chunksBefore = await chunks(system);
  await system.sql(`SELECT set_retention('measurements', interval '${KEEP}')`);

  const folds = watchFolds(system);
  const watch = stopwatch();
  let dropped = 0;
  let calls = 0;
  for (;;) {
    // As the upkeep calls it, until nothing is left to do.
    const [row] = await system.sql<{ n: string }>(`SELECT apply_retention('measurements') AS n`);
    calls += 1;
    if (Number(row?.n) === 0) {
      break;
    }
    dropped += Number(row?.n);
  }
  const took = watch();
  const oldestFold = await folds();
  system.report('retention', `${dropped} chunks in ${took.toFixed(1)} s; folds at most ${oldestFold.toFixed(1)} s old`);

  const after = await held(system, true);
  demand(
    after.rows === before.rows && after.sum === before.sum,
    `the lot on hold changed: ${JSON.stringify({ before, after })}`,
  );
  demand(Number(before.rows) === UNITS_PER_LOT, `the lot on hold had ${before.rows} rows`);
  const { rows: others } = await held(system, false);
  demand(others === '0', `${others} rows of other lots are left`);
  demand(dropped > 0, 'retention dropped no chunk');
  demand(oldestFold < MOST_FOLD_AGE_S, `a fold was ${oldestFold.toFixed(0)} s old`);
  await trial.rest();
  return {
    figures: [
      { what: 'measurements removed', value: MEASUREMENTS - UNITS_PER_LOT * VALUES_PER_UNIT, unit: 'rows' },
      { what: 'retention', value: took, unit: 's' },
      { what: 'chunks dropped', value: dropped, unit: 'entries' },
      { what: 'calls', value: calls, unit: 'entries' },
      { what: 'chunks before', value: chunksBefore, unit: 'entries' },
      { what: 'oldest fold meanwhile', value: oldestFold, unit: 's' },
    ],
    differences,
    elements: trial.elements,
  };
}

/** What there is of the lot on hold, or of all others. */
async function held(system: SystemUnderTest, isHeld: boolean): Promise<Held> {
  const [row] = await system.sql<Held>(
    `SELECT count(*)::text AS rows, coalesce(sum((SELECT sum(v) FROM unnest(m.values) AS v)), 0)::text AS sum
     FROM measurement_vectors AS m JOIN inspections AS i ON i.id = m.inspection_id JOIN lots AS l ON l.id = i.lot_id
     WHERE l.lot_id LIKE 'old-%' AND (l.lot_id = 'old-1') = $1`,
    [isHeld],
  );
  return row as Held;
}

async function chunks(system: SystemUnderTest): Promise<number> {
  const [row] = await system.sql<{ n: string }>(`SELECT count(*) AS n FROM show_chunks('measurement_values')`);
  return Number(row?.n);
}

/** Watches the folds until the returned call. @returns the greatest age in seconds since a fold last succeeded */
function watchFolds(system: SystemUnderTest): () => Promise<number> {
  let greatest = 0;
  const end = repeatedly(async (stop) => {
    const [row] = await system.sql<{ age: string }>(
      `SELECT max(extract(epoch FROM clock_timestamp() - last_success_at)) AS age FROM maintenance_runs
       WHERE task IN ('fold_metrics', 'fold_yield')`,
    );
    greatest = Math.max(greatest, Number(row?.age ?? 0));
    await pause(LOOK_MS, stop);
  });
  return async () => {
    await end();
    return greatest;
  };
}
