/** Questions in the first minutes of an installation, in which nobody has analyzed a table: the planner expects one row of each. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Queryable } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { binCounts } from '../src/bins/bin-pareto.sql.ts';
import { momentsOfParameters } from '../src/capability/capabilities.sql.ts';
import { defectCounts } from '../src/defects/defect-pareto.sql.ts';
import { samplesOfEquipment } from '../src/equipment/lot-yields.sql.ts';
import { testCounts } from '../src/failing-tests/failing-tests.sql.ts';
import { diesByKind, diesByWafer, diesOf, kindsOfMap } from '../src/maps/dies.sql.ts';
import { momentsOfValues } from '../src/measured/measured-moments.sql.ts';
import { measuredSamples } from '../src/measured/measured-samples.sql.ts';
import { rolledThroughputCounts } from '../src/yield/rolled-throughput.sql.ts';
import { yieldCountsOfAttempts } from '../src/yield/yield.sql.ts';
import { explained } from './explained.ts';

const DICE = 1_200;
/** Those of two lots, a half tested twice. */
const ATTEMPTS = 3 * DICE;
const MEASUREMENTS = 4;

describe('questions of tables without statistics', () => {
  let db: TestDatabase;
  let lot: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    const { database } = db;
    for (const table of [
      'inspection_attempts',
      'inspections',
      'yield_retests',
      'lots',
      'measurement_sets',
      'defects',
    ]) {
      await database.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
    }
    [{ id: lot }] = (await database.query<{ id: string }>(
      `INSERT INTO lots (id, site, lot_id) SELECT md5('lot' || n)::uuid, 'fab', 'LOT' || n FROM generate_series(0, 1) AS n RETURNING id`,
    )) as [{ id: string }];
    await database.query(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, occurred_at, completed_at, site, step, attempt_key,
         equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin)
       SELECT md5('i' || n)::uuid, md5('lot' || n % 2)::uuid, 'C' || n, 'electrical', 'completed', CASE WHEN n % 15 = 3 THEN 'fail' ELSE 'pass' END,
         t, t, t, 'fab', 'CP1', 'a:1', 'E' || n % 4, 'P', 'W' || n % 20, n % 100, n / 100, 1 + n % 7, 1 + n % 30
       FROM generate_series(1, ${2 * DICE}) AS n, (SELECT now() - INTERVAL '1 hour' AS t) AS s`,
    );
    for (const attempt of [1, 2]) {
      await database.query(
        `INSERT INTO inspection_attempts (inspection_id, step, attempt_key, lot_id, inspection_type, status, result, occurred_at, event_id, event_ids,
           first_occurred_at, completed_at, equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin, defect_count)
         SELECT id, step, 'a:' || $1, lot_id, inspection_type, status, result, occurred_at, event, ARRAY[event], occurred_at, completed_at, equipment_id,
           product, wafer_id, die_x, die_y, hard_bin, soft_bin, 1
         FROM inspections, md5($1 || id::text) AS text, CAST(text AS uuid) AS event WHERE $1 = '1' OR die_x % 2 = 0`,
        [String(attempt)],
      );
    }
    await database.query(
      `INSERT INTO measurement_values (time, inspection_id, event_id, set_id, decimals, digits)
       SELECT occurred_at, inspection_id, event_id,
         (SELECT store_measurement_sets(json_build_array(json_build_object('names', names, 'units', nothing, 'lower_limits', nothing, 'upper_limits', nothing)))
           FROM (SELECT array_agg('width' || m ORDER BY m) AS names, array_agg(NULL::text) AS nothing FROM generate_series(1, ${MEASUREMENTS}) AS m) AS s),
         0, ARRAY(SELECT die_x + m FROM generate_series(1, ${MEASUREMENTS}) AS m)
       FROM inspection_attempts`,
    );
    await database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
       SELECT inspection_id, event_id, 1, occurred_at, 'class' || soft_bin, 0, 0 FROM inspection_attempts`,
    );
  }, 300_000);
  afterAll(() => db.drop());

  /** The most rows that a part of a plan reads, compares or returns. */
  const mostRows = async (question: (snapshot: Queryable) => Promise<unknown>): Promise<number> => {
    let most = 0;
    await db.database.withSnapshot(async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = '60s'`);
      const watched = explained(tx, (nodes) => {
        most = Math.max(
          most,
          ...nodes.map(
            (node) =>
              node['Actual Loops'] *
              (node['Actual Rows'] +
                (node['Rows Removed by Filter'] ?? 0) +
                (node['Rows Removed by Join Filter'] ?? 0)),
          ),
        );
      });
      await question(watched);
    });
    return most;
  };

  const last = { policy: 'last' } as const;
  const width = { ...last, parameter: 'width2', subgroup: 1 } as const;
  const questions: Record<string, (snapshot: Queryable, only: { lot_id?: string }) => Promise<unknown>> = {
    bins: (snapshot, only) => binCounts(snapshot, { ...last, ...only }, 'hard', 100),
    defects: (snapshot, only) => defectCounts(snapshot, { ...last, ...only }, 'class', 100),
    yield: (snapshot, only) => yieldCountsOfAttempts(snapshot, { ...last, ...only }),
    'rolled throughput': (snapshot, only) => rolledThroughputCounts(snapshot, { ...last, ...only }),
    'a comparison by wafer': (snapshot, only) => samplesOfEquipment(snapshot, { ...last, ...only }, 'wafer'),
    'failing tests': (snapshot, only) => testCounts(snapshot, { ...last, ...only }),
    capability: (snapshot, only) => momentsOfValues(snapshot, { ...width, ...only }, undefined),
    'all capabilities': (snapshot, only) => momentsOfParameters(snapshot, { ...last, ...only }, 1.128, 1000),
    'a chart': (snapshot, only) => measuredSamples(snapshot, { ...width, ...only }, 100_000),
  };
  it.each(Object.keys(questions))('%s read each row a few times', async (name) => {
    for (const only of [{}, { lot_id: 'LOT0' }]) {
      const rows = await mostRows((snapshot) => questions[name]!(snapshot, only));
      expect([only, rows < 4 * MEASUREMENTS * ATTEMPTS ? 'few' : rows]).toEqual([only, 'few']);
    }
  });

  it.each(['result', 'hard_bin', 'width2'])('maps of %s read each row a few times', async (value) => {
    for (const policy of ['last', 'worst'] as const) {
      for (const only of [{}, { lot }, { lot, wafer: 'W4' }]) {
        const question = { ...only, policy, value };
        const rows = [
          await mostRows((snapshot) => kindsOfMap(snapshot, question)),
          await mostRows((snapshot) => diesByKind(snapshot, question, 100_000)),
          await mostRows((snapshot) => diesByWafer(snapshot, question, 100_000)),
          await mostRows((snapshot) => diesOf(snapshot, question, 100_000, undefined)),
        ];
        expect([question, Math.max(...rows) < 3 * ATTEMPTS ? 'few' : rows]).toEqual([question, 'few']);
      }
    }
  });
});
