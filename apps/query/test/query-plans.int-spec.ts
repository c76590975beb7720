/**
 * Longer than other suites, because it explains every question on the same months of data, which take ten seconds to load.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalSettings, type Queryable } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { binCounts } from '../src/bins/bin-pareto.sql.ts';
import { densityCounts } from '../src/defects/defect-density.sql.ts';
import { defectCounts } from '../src/defects/defect-pareto.sql.ts';
import { operationsOfTests } from '../src/failing-tests/failing-tests.sql.ts';
import { inspectionsWithHistory } from '../src/inspections/inspection-detail.sql.ts';
import { listInspections } from '../src/inspections/inspection-list.sql.ts';
import { equipmentSeen, namesOfAttempts, productsSeen, seenRange } from '../src/discovery/names.sql.ts';
import { unitsOfEquipment } from '../src/equipment/equipment-units.sql.ts';
import { samplesOfEquipment } from '../src/equipment/lot-yields.sql.ts';
import { diesByKind, diesOf, kindsOfMap } from '../src/maps/dies.sql.ts';
import { measurementRows } from '../src/export/export.sql.ts';
import { momentsOfParameters } from '../src/capability/capabilities.sql.ts';
import { testCounts } from '../src/failing-tests/failing-tests.sql.ts';
import { countedSamples } from '../src/charts/counted-samples.sql.ts';
import { EXPORT_PLANS } from '../src/sql/snapshots.ts';
import { kindsMeasured, momentsOfValues } from '../src/measured/measured-moments.sql.ts';
import { measuredSamples } from '../src/measured/measured-samples.sql.ts';
import { chooseBuckets, telemetrySeries } from '../src/telemetry/telemetry-series.sql.ts';
import { summaryOfTags } from '../src/telemetry/tagged-summary.sql.ts';
import { telemetrySummary } from '../src/telemetry/telemetry-summary.sql.ts';
import { rolledThroughputCounts } from '../src/yield/rolled-throughput.sql.ts';
import { yieldCounts, yieldCountsOfAttempts } from '../src/yield/yield.sql.ts';
import { explained, type PlanNode } from './explained.ts';
import { sumUpDays } from './seed.ts';

/** By hand at full size, a year: PLAN_INSPECTIONS=1000000 PLAN_SAMPLES=10000000 prints the times, too. */
const INSPECTIONS = Number(process.env['PLAN_INSPECTIONS'] ?? 15_000);
const SAMPLES = Number(process.env['PLAN_SAMPLES'] ?? 20_000);
const IS_TIMED = process.env['PLAN_INSPECTIONS'] !== undefined;
/** With fewer inspections a day, or fewer days, the planner reads small tables whole, and rightly so. */
const DAYS = IS_TIMED ? 365 : 183;
/** Units of a lot: so that products have several lots. */
const LOT = IS_TIMED ? 500 : 250;

interface ExportFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly name?: string | undefined;
  readonly lot_id?: string | undefined;
}

/**
 * Tables that stay small however long the fab's history is, so that a full read is right; at the size of this test also the
 * copies of retests, a twentieth of the attempts.
 */
const SMALL = new Set([
  'lots',
  'metrics_delta',
  'yield_delta',
  'yield_retests',
  'attempt_day_changes',
  'stream_positions',
  'inspection_types',
  'measurement_sets',
]);

describe('query plans', () => {
  let db: TestDatabase;
  /** Day of the newest data. */
  let today: string;
  let oneId: string;
  const day = (offset: number): string =>
    new Date(Date.parse(`${today}T00:00:00Z`) + offset * 86_400_000).toISOString().replace('.000Z', '.000000Z');

  beforeAll(async () => {
    db = await createTestDatabase();
    const { database } = db;
    [{ today }] = (await database.query<{ today: string }>(
      `SELECT (now() AT TIME ZONE 'UTC')::date::text AS today`,
    )) as [{ today: string }];
    await database.query(
      `INSERT INTO lots (id, site, lot_id) SELECT md5('lot' || n)::uuid, 'fab', 'LOT' || n FROM generate_series(0, $1::int / ${LOT}) AS n`,
      [INSPECTIONS],
    );
    await database.query(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, created_at, occurred_at, completed_at, site, step, attempt_key,
         equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, metadata)
       SELECT md5('i' || n)::uuid, md5('lot' || n / ${LOT})::uuid, 'C' || n, (ARRAY['visual', 'electrical', 'metrology'])[1 + n % 3],
         (CASE WHEN n % 100 = 0 THEN 'pending' WHEN n % 100 = 1 THEN 'failed' ELSE 'completed' END)::inspection_status_enum,
         CASE WHEN n % 100 > 1 THEN CASE WHEN n % 15 = 3 THEN 'fail' ELSE 'pass' END END, t, t, CASE WHEN n % 100 > 0 THEN t END, 'fab', 'S' || n % 4, 'a:1',
         'E' || n % 40, 'P' || (n / ${LOT}) % 25, 'W' || (n / 25) % ${LOT / 25}, n % 25, n / 25 % 25, 1 + n % 7, 1 + n % 30, 1.5,
         jsonb_build_object('operator', n % 200, 'recipe_version', n % 7)
       FROM (SELECT n, $2::date - (1 - n::float8 / $1::int) * $3::int * INTERVAL '1 day' AS t FROM generate_series(1, $1::int) AS n) AS s`,
      [INSPECTIONS, today, DAYS],
    );
    await database.query(
      `INSERT INTO inspection_attempts (inspection_id, step, attempt_key, lot_id, inspection_type, status, result, occurred_at, event_id, event_ids,
         first_occurred_at, completed_at, equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, defect_count)
       SELECT id, step, 'a:1', lot_id, inspection_type, status, result, occurred_at, id, ARRAY[id], occurred_at, completed_at, equipment_id, product,
         wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, 0 FROM inspections`,
    );
    // Every twentieth unit was tested again an hour later.
    await database.query(
      `INSERT INTO inspection_attempts (inspection_id, step, attempt_key, lot_id, inspection_type, status, result, occurred_at, event_id, event_ids,
         first_occurred_at, completed_at, equipment_id, product, wafer_id, die_x, die_y, hard_bin, soft_bin, inspected_area_cm2, defect_count)
       SELECT inspection_id, step, 'a:2', lot_id, inspection_type, status, 'pass', occurred_at + INTERVAL '1 hour', md5(inspection_id::text)::uuid,
         ARRAY[md5(inspection_id::text)::uuid], occurred_at + INTERVAL '1 hour', completed_at + INTERVAL '1 hour', equipment_id, product, wafer_id,
         die_x, die_y, 1, 1, inspected_area_cm2, 0 FROM inspection_attempts WHERE status = 'completed' AND (die_x + die_y) % 20 = 3`,
    );
    // Five measurements of each inspection; those of the oldest month are still rows.
    await database.query(
      `INSERT INTO measurement_rows (time, inspection_id, event_id, name, value)
       SELECT occurred_at, id, id, 'width' || m, die_x + m FROM inspections, generate_series(0, 4) AS m WHERE occurred_at < $1::date - ${DAYS - 30}`,
      [today],
    );
    await database.query(
      `INSERT INTO measurement_values (time, inspection_id, event_id, set_id, decimals, digits)
       SELECT occurred_at, id, id, (SELECT store_measurement_sets(json_build_array(json_build_object('names', names, 'units', nothing, 'lower_limits', nothing, 'upper_limits', nothing)))
           FROM (SELECT array_agg('width' || m ORDER BY m) AS names, array_agg(NULL::text) AS nothing FROM generate_series(0, 4) AS m) AS s), 0,
         ARRAY(SELECT die_x + m FROM generate_series(0, 4) AS m)
       FROM inspections WHERE occurred_at >= $1::date - ${DAYS - 30}`,
      [today],
    );
    // Another three hundred kinds of lists, so that finding one takes a search.
    await database.query(
      `SELECT store_measurement_sets(json_agg(json_build_object('names', ARRAY['other' || n, 'more' || n], 'units', ARRAY['V', NULL],
         'lower_limits', ARRAY[n, NULL], 'upper_limits', ARRAY[NULL, n]))) FROM generate_series(1, 300) AS n`,
    );
    await database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
       SELECT id, id, n, occurred_at, 'class' || soft_bin, 0, 0 FROM inspections, generate_series(1, 3) AS n`,
    );
    await database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host, tags)
       SELECT $2::date - (1 - n::float8 / $1::int) * INTERVAL '30 days', 'service' || n % 5, 'metric' || n / 5 % 10, n % 1000, 'host' || n % 3,
         jsonb_build_object('line', n % 4, 'trial', CASE WHEN n % 2000 = 0 THEN 'yes' END)
       FROM generate_series(1, $1::int) AS n`,
      [SAMPLES, today],
    );
    await database.query(
      `INSERT INTO metrics_delta SELECT time_bucket('1 hour', time), service_name, metric_name, host, sum(metric_value), count(*), min(metric_value), max(metric_value)
       FROM system_metrics GROUP BY 1, 2, 3, 4`,
    );
    for (const fold of ['fold_metrics', 'fold_yield']) {
      while (((await database.query<{ n: number }>(`SELECT ${fold}() AS n`))[0]?.n ?? 0) > 0) {}
    }
    await sumUpDays(db.url);
    for (const table of [
      'inspections',
      'inspection_attempts',
      'attempt_day_changes',
      'daily_attempts',
      'daily_defects',
      'daily_measured',
      'daily_measured_lots',
      'daily_tests',
      'daily_tested',
      'measurement_rows',
      'measurement_values',
      'measurement_sets',
      'defects',
      'system_metrics',
      'metrics_delta',
      'metrics_hourly_base',
      'metrics_daily_base',
      'yield_delta',
      'yield_daily_base',
      'yield_retests',
      'lots',
    ]) {
      await database.query(`VACUUM ANALYZE ${table}`);
    }
    const vectorChunks = await database.query<{ name: string; start: string; end: string }>(
      `SELECT chunk_name AS name, range_start AS start, range_end AS "end" FROM timescaledb_information.chunks WHERE hypertable_name = 'measurement_values'`,
    );
    chunksOfVectors = new Map(vectorChunks.map(({ name, ...range }) => [name, range]));
    [{ id: oneId }] = (await database.query<{ id: string }>(`SELECT md5('i5')::uuid::text AS id`)) as [{ id: string }];
  }, 1_800_000);
  afterAll(() => db.drop());

  interface Explained {
    /** Large tables that were read whole. */
    readWhole: string[];
    /** Rows read in vain. */
    wasted: number;
    /** Every table that was touched, apart from chunks. */
    tables: Set<string>;
    chunks: Set<string>;
    /** Rows read from inspection_attempts. */
    attempts: number;
    nodes: PlanNode[];
  }
  let chunksOfVectors: ReadonlyMap<string, { start: string; end: string }>;
  /** The tables that are not chunks of vectors of those days. A chunk holds a month, so a full read for a day may be right. */
  const beyondChunks = (names: Iterable<string>, from: number, to: number): string[] =>
    [...names].filter((name) => {
      const chunk = chunksOfVectors.get(name);
      return chunk === undefined || chunk.end <= day(from) || chunk.start >= day(to);
    });
  const isOfVectors = (node: PlanNode): boolean => chunksOfVectors.has(node['Relation Name'] ?? '');

  /**
   * Runs the question's own statements, each with its plan.
   *
   * @param isAnswered false if it reads none of their rows
   */
  const explain = async (
    question: (snapshot: Queryable) => Promise<unknown>,
    settings: LocalSettings = [],
    isAnswered = true,
  ): Promise<Explained> => {
    const readWhole: string[] = [];
    const tables = new Set<string>();
    let wasted = 0;
    let attempts = 0;
    const chunks = new Set<string>();
    const nodes: PlanNode[] = [];
    let ms = 0;
    await db.database.withSnapshot(async (tx) => {
      await tx.query(`SET LOCAL jit = off`);
      const see = (plan: readonly PlanNode[], took: number): void => {
        ms += took;
        for (const node of plan) {
          nodes.push(node);
          wasted += (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops'];
          const relation = node['Relation Name'];
          if (relation === undefined) {
            continue;
          }
          // A join may fetch the first row of one side before it finds that the other side is empty.
          const isRead = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] > 1;
          if (!relation.includes('_chunk')) {
            tables.add(relation);
          } else if (isRead) {
            chunks.add(relation);
          }
          if (relation === 'inspection_attempts') {
            attempts += node['Actual Rows'] * node['Actual Loops'];
          }
          if (node['Node Type'] === 'Seq Scan' && isRead && !SMALL.has(relation)) {
            readWhole.push(relation);
          }
        }
      };
      await question(explained(tx, see, isAnswered));
    }, settings);
    if (IS_TIMED) {
      const { currentTestName } = expect.getState();
      process.stderr.write(`${ms.toFixed(1).padStart(9)} ms  ${currentTestName?.replace('query plans ', '')}\n`);
    }
    return { readWhole, wasted, tables, chunks, attempts, nodes };
  };

  const filters = {
    none: {},
    status: { status: 'pending' },
    'the common status': { status: 'completed' },
    result: { result: 'fail' },
    lot_id: { lot_id: 'LOT7' },
    chip_id: { chip_id: 'C77' },
    inspection_type: { inspection_type: 'metrology' },
    equipment_id: { equipment_id: 'E11' },
    product: { product: 'P4' },
    'a range': { from: -20, to: -19 },
    'equipment and a range': { equipment_id: 'E11', from: -90, to: -60 },
    'product and result': { product: 'P4', result: 'fail' },
    metadata: { metadata: { operator: '17' } },
    'two metadata fields': { metadata: { operator: '17', recipe_version: '3' } },
  } as const;
  it.each(Object.entries(filters))(
    'of the inspection list filtered by %s use an index, on the first page and on a later one',
    async (_, filter) => {
      const {
        from,
        to,
        metadata = {},
        ...rest
      } = filter as { from?: number; to?: number; metadata?: Record<string, string> };
      const question = {
        ...rest,
        metadata,
        ...(from === undefined ? {} : { from: day(from) }),
        ...(to === undefined ? {} : { to: day(to) }),
      };
      for (const after of [undefined, { time: day(-100), id: oneId }]) {
        const { readWhole, wasted } = await explain((snapshot) => listInspections(snapshot, question, after, 51));
        expect(readWhole).toEqual([]);
        // Walking a whole index is no better than reading the table, so a question reads little more than its answer.
        expect(wasted).toBeLessThan(INSPECTIONS / 3);
      }
    },
  );

  const ofLot = { lot_id: 'LOT7', policy: 'last' } as const;
  /** As `lots` has it. */
  const uuidOfLot = 'b4de03d8-bfb2-15d8-b162-34249b74743d';
  // In columns, each look for a unit opens a batch, in the chunk of every month.
  it.each([
    [
      'capability',
      (snapshot: Queryable) => momentsOfValues(snapshot, { ...ofLot, parameter: 'width3', subgroup: 1 }, undefined),
    ],
    [
      'a chart',
      (snapshot: Queryable) => measuredSamples(snapshot, { ...ofLot, parameter: 'width3', subgroup: 1 }, 1000),
    ],
    ['all capabilities', (snapshot: Queryable) => momentsOfParameters(snapshot, ofLot, 1.128, 1000)],
    ['failing tests', (snapshot: Queryable) => testCounts(snapshot, ofLot)],
    [
      'a map',
      (snapshot: Queryable) => diesOf(snapshot, { policy: 'last', value: 'width3', lot: uuidOfLot }, 1000, undefined),
    ],
  ] as const)('of measurements of one lot (%s) look only into the chunks of its time', async (_, question) => {
    const { chunks, nodes } = await explain(question);
    const looked = nodes.filter((node) => isOfVectors(node) && node['Actual Loops'] > 1);
    for (const names of [chunks, new Set(looked.map((node) => node['Relation Name'] as string))]) {
      expect([...names].filter((name) => chunksOfVectors.has(name)).length).toBeLessThanOrEqual(2);
    }
    expect(chunks.size).toBeGreaterThan(0);
  });

  it('of one inspection with its history use indexes', async () => {
    expect((await explain((snapshot) => inspectionsWithHistory(snapshot, [oneId]))).readWhole).toEqual([]);
  });

  it.each(['day', 'lot', 'equipment', 'product', 'wafer'] as const)(
    'of a day of yield by %s use an index',
    async (group_by) => {
      const question = { from: day(-31), to: day(-30), group_by, policy: 'last' } as const;
      expect((await explain((snapshot) => yieldCounts(snapshot, question))).readWhole).toEqual([]);
    },
  );

  it('of the yield of one lot and of one machine use an index', async () => {
    for (const question of [{ lot_id: 'LOT7' }, { equipment_id: 'E11', from: day(-30), to: day(-20) }]) {
      expect((await explain((snapshot) => yieldCounts(snapshot, { ...question, policy: 'last' }))).readWhole).toEqual(
        [],
      );
    }
  });

  it.each([
    ['insertion, by month', 'month', 'all'],
    ['final, by month', 'month', 'last'],
    ['first pass, by day', 'day', 'first'],
    ['final, by lot', 'lot', 'last'],
    ['final, by equipment', 'equipment', 'best'],
    ['final, by product', 'product', 'worst'],
  ] as const)('of months of yield (%s) touch no inspection', async (_, group_by, policy) => {
    const { tables, chunks } = await explain((snapshot) =>
      yieldCounts(snapshot, { from: day(-DAYS), to: day(0), group_by, policy }),
    );
    const summaries = ['lots', 'pg_class', 'yield_daily_base', 'yield_delta'];
    expect([...tables].filter((table) => !summaries.includes(table))).toEqual([]);
    expect(tables).toContain('yield_daily_base');
    expect(chunks.size).toBe(0);
  });

  it('of months of yield from the attempts, for comparison, touch every one', async () => {
    const question = { from: day(-DAYS), to: day(0), group_by: 'hour', policy: 'last' } as const;
    const { attempts } = await explain((snapshot) => yieldCountsOfAttempts(snapshot, question));
    expect(attempts).toBeGreaterThan(0.9 * INSPECTIONS);
  });

  it('of months from the view that people read touch no inspection', async () => {
    const { tables } = await explain((snapshot) =>
      snapshot.query(
        `SELECT date_trunc('month', day) AS month, sum(insertions) AS insertions, sum(insertions_passed) AS passed FROM yield_daily
         WHERE day >= $1::date AND day < $2::date GROUP BY 1 ORDER BY 1`,
        [day(-DAYS).slice(0, 10), day(0).slice(0, 10)],
      ),
    );
    expect([...tables].sort()).toEqual(['yield_daily_base', 'yield_delta']);
  });

  it('of months that begin and end within a day touch only the attempts of these two days', async () => {
    const question = {
      from: day(1 - DAYS).replace('T00', 'T06'),
      to: day(-1).replace('T00', 'T18'),
      group_by: 'month',
      policy: 'last',
    } as const;
    const { readWhole, tables, attempts } = await explain((snapshot) => yieldCounts(snapshot, question));
    expect(readWhole.filter((table) => !table.startsWith('yield_'))).toEqual([]);
    expect([...tables]).not.toContain('inspections');
    expect(attempts).toBeGreaterThan(INSPECTIONS / DAYS);
    expect(attempts).toBeLessThan((2 * INSPECTIONS) / DAYS);
  });

  it('of months of bins, defects and yield by step touch no attempt', async () => {
    const months = { from: day(-DAYS), to: day(0), policy: 'last' } as const;
    const touched = async (question: (snapshot: Queryable) => Promise<unknown>): Promise<string[]> =>
      [...(await explain(question)).tables].filter((table) => !['pg_class', 'lots'].includes(table)).sort();
    expect(await touched((snapshot) => binCounts(snapshot, { ...months, group_by: 'month' }, 'hard', 100))).toEqual([
      'attempt_day_changes',
      'daily_attempts',
    ]);
    expect(await touched((snapshot) => densityCounts(snapshot, { ...months, group_by: 'equipment' }))).toEqual([
      'attempt_day_changes',
      'daily_attempts',
    ]);
    expect(await touched((snapshot) => yieldCounts(snapshot, { ...months, group_by: 'step' }))).toEqual([
      'attempt_day_changes',
      'daily_attempts',
    ]);
    expect(await touched((snapshot) => operationsOfTests(snapshot, months))).toEqual([
      'attempt_day_changes',
      'daily_attempts',
    ]);
    expect(await touched((snapshot) => defectCounts(snapshot, months, 'class', 100))).toEqual([
      'attempt_day_changes',
      'daily_defects',
    ]);
  });

  it('of months of capability, of all capabilities, of samples by lot and of failing tests touch no attempt and no measurement', async () => {
    const months = { from: day(-DAYS), to: day(0), policy: 'last', parameter: 'width3', subgroup: 1 } as const;
    // Values of other types and steps come between them.
    const ofKind = { product: 'P4', inspection_type: 'visual', step: 'S2' };
    const others = ['pg_class', 'lots', 'measurement_sets', 'daily_tested'];
    for (const [question, table] of [
      [(snapshot: Queryable) => momentsOfValues(snapshot, { ...months, ...ofKind }, undefined), 'daily_measured'],
      [(snapshot: Queryable) => kindsMeasured(snapshot, months, 100), 'daily_measured'],
      [(snapshot: Queryable) => momentsOfParameters(snapshot, { ...months, ...ofKind }, 1.128, 1000), 'daily_measured'],
      [
        (snapshot: Queryable) => measuredSamples(snapshot, { ...months, subgroup: 'lot' }, 10_000),
        'daily_measured_lots',
      ],
    ] as const) {
      const { tables, chunks } = await explain(question);
      expect([...tables].filter((name) => !others.includes(name)).sort()).toEqual(['attempt_day_changes', table]);
      expect([...chunks]).toEqual([]);
    }
  });

  it('of months of bins with a changed day, and with parts of days, touch only the attempts of these', async () => {
    const question = {
      from: day(1 - DAYS).replace('T00', 'T06'),
      to: day(-1).replace('T00', 'T18'),
      policy: 'last',
    } as const;
    await db.database.query('INSERT INTO attempt_day_changes (day) VALUES ($1), ($2)', [day(-40), day(-20)]);
    const { readWhole, attempts } = await explain((snapshot) => binCounts(snapshot, question, 'hard', 100));
    await db.database.query('DELETE FROM attempt_day_changes');
    expect(readWhole).toEqual(['daily_attempts']);
    expect(attempts).toBeGreaterThan((3 * INSPECTIONS) / DAYS);
    expect(attempts).toBeLessThan((4 * INSPECTIONS) / DAYS);
  });

  it.each([
    ['summed up', () => []],
    ['changed', () => [day(-31)]],
  ])('of a day of defects and bins that is %s, and of rolled throughput, use an index', async (_, changed) => {
    await db.database.query('INSERT INTO attempt_day_changes (day) SELECT unnest($1::date[])', [changed()]);
    const question = { from: day(-31), to: day(-30), policy: 'last' } as const;
    expect((await explain((snapshot) => defectCounts(snapshot, question, 'class', 100))).readWhole).toEqual([]);
    expect((await explain((snapshot) => densityCounts(snapshot, question))).readWhole).toEqual([]);
    expect((await explain((snapshot) => binCounts(snapshot, question, 'hard', 100))).readWhole).toEqual([]);
    expect((await explain((snapshot) => rolledThroughputCounts(snapshot, question))).readWhole).toEqual([]);
    await db.database.query('DELETE FROM attempt_day_changes');
  });

  it('of the maps of one lot use an index', async () => {
    const [{ lot }] = (await db.database.query<{ lot: string }>(`SELECT md5('lot7')::uuid::text AS lot`)) as [
      { lot: string },
    ];
    for (const value of ['hard_bin', 'width3']) {
      for (const wafer of ['W3', undefined]) {
        const question = { lot, wafer, value, policy: 'last' } as const;
        const { readWhole } = await explain((snapshot) => diesOf(snapshot, question, 1000, undefined));
        expect([value, wafer, readWhole]).toEqual([value, wafer, []]);
      }
    }
    const question = { lot, value: 'result', policy: 'last' } as const;
    expect((await explain((snapshot) => kindsOfMap(snapshot, question))).readWhole).toEqual([]);
    const wafer = { ...question, wafer: 'W3' };
    expect((await explain((snapshot) => diesByKind(snapshot, wafer, 1000))).readWhole).toEqual([]);
  });

  it.each(['result', 'hard_bin', 'defect_count'])('of the stacked map of a product use an index: %s', async (value) => {
    const question = { policy: 'last', product: 'P3', value } as const;
    const { readWhole, attempts } = await explain((snapshot) => diesOf(snapshot, question, 1000, undefined));
    expect(readWhole).toEqual([]);
    // One product in 25, and once more those that share a square with one tested twice.
    expect(attempts).toBeLessThan(INSPECTIONS / 10);
  });

  it('of the maps of months of everything sort no dice, and look up what they are of by index', async () => {
    const question = { value: 'result', policy: 'last', product: 'P7', from: day(-DAYS), to: day(0) } as const;
    const { nodes, attempts } = await explain((snapshot) => diesOf(snapshot, question, 1000, undefined));
    expect(attempts).toBeGreaterThan(0.9 * (INSPECTIONS / 25));
    const sorts = nodes.filter((node) => node['Node Type'].includes('Sort'));
    // Places by value, of which this small history has a third of its dice.
    expect(Math.max(...sorts.map((node) => node['Actual Rows']))).toBeLessThan(attempts / 2);
    expect((await explain((snapshot) => kindsOfMap(snapshot, question))).readWhole).toEqual(['daily_attempts']);
  });

  it('of a comparison of equipment over months touch no inspection, by wafer over a day use an index', async () => {
    const months = { from: day(-DAYS), to: day(0), policy: 'last' } as const;
    const samples = (snapshot: Queryable): Promise<unknown> => samplesOfEquipment(snapshot, months, 'lot');
    expect([...(await explain(samples)).tables].sort()).toEqual(['pg_class', 'yield_daily_base', 'yield_delta']);
    // As with more lots than fit in memory: they come in the order in which they are summed up.
    const { nodes } = await explain(samples, [['enable_sort', 'off']]);
    expect(nodes).toContainEqual(expect.objectContaining({ 'Index Name': 'idx_yield_daily_base_sample' }));
    const oneDay = { ...months, from: day(-31), to: day(-30) };
    expect((await explain((snapshot) => samplesOfEquipment(snapshot, oneDay, 'wafer'))).readWhole).toEqual([]);
  });

  it.each([1, 'lot', 'wafer', 'day', 5] as const)(
    'of a day of one parameter in samples of %s use indexes, and the answer is aggregated',
    async (subgroup) => {
      const question = { parameter: 'width3', subgroup, from: day(-31), to: day(-30), policy: 'last' } as const;
      const { readWhole, chunks } = await explain((snapshot) => measuredSamples(snapshot, question, 10_000));
      expect(beyondChunks(readWhole, -32, -29)).toEqual([]);
      expect(beyondChunks(chunks, -32, -29)).toEqual([]);
      expect(
        (await explain((snapshot) => countedSamples(snapshot, question, 'defects', subgroup, 100))).readWhole,
      ).toEqual([]);
    },
  );

  it('of a month of one parameter touch the vectors of its attempts, and unnest none of them', async () => {
    const question = { parameter: 'width3', subgroup: 1, from: day(-60), to: day(-30), policy: 'last' } as const;
    const { nodes } = await explain((snapshot) => measuredSamples(snapshot, question, 100_000));
    const removed = (by: 'Filter' | 'Join Filter'): number =>
      nodes
        // So few lots that reading them is cheaper than their index.
        .filter((node) => node['Relation Name'] !== 'lots')
        .reduce((sum, node) => sum + (node[`Rows Removed by ${by}`] ?? 0) * node['Actual Loops'], 0);
    const rowsOf = (match: (node: PlanNode) => boolean): number =>
      nodes.filter(match).reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
    const month = (30 * INSPECTIONS) / DAYS;
    const vectors = rowsOf((node) => node['Node Type'].includes('Scan') && isOfVectors(node));
    expect(vectors).toBeGreaterThan(0.8 * month);
    expect(vectors).toBeLessThan(2.5 * month);
    // Positions of the name in its sets, not every value of each vector.
    expect(rowsOf((node) => node['Node Type'] === 'Function Scan')).toBeLessThan(100);
    // The month begins and ends within a chunk.
    expect(removed('Filter')).toBeLessThan(3 * month);
    // Not each value with each lot.
    expect(removed('Join Filter')).toBeLessThan(month);
  });

  it.each([
    ['a day', { from: -31, to: -30 }],
    ['one name over a day', { from: -31, to: -30, name: 'width3' }],
    ['one name of one lot', { lot_id: 'LOT7', name: 'width3' }],
    ['one lot', { lot_id: 'LOT7' }],
    ['a day of rows of before', { from: 15 - DAYS, to: 16 - DAYS }],
  ])('of an export of the measurements of %s use indexes', async (_, { from, to, ...rest }: ExportFilter) => {
    const { sql, values } = measurementRows(
      {
        ...rest,
        ...(from === undefined ? {} : { from: day(from) }),
        ...(to === undefined ? {} : { to: day(to) }),
      },
      true,
    );
    const { wasted, nodes } = await explain((snapshot) => snapshot.query(sql, values), [], IS_TIMED);
    const large = nodes
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'] ?? '')
      // A day is a thirtieth of the chunk that it lies in, so reading that one chunk is right.
      .filter((name) => !SMALL.has(name) && !name.includes('_chunk'));
    expect(large.filter((name) => !['inspections', 'inspection_attempts'].includes(name))).toEqual([]);
    // One chunk of rows of before has five for each inspection of a month.
    expect(wasted).toBeLessThan(INSPECTIONS);
  });

  it.each([
    ['everything', {}],
    ['one name', { name: 'width3' }],
    ['months', { from: -DAYS, to: 0 }],
  ])('of an export of the measurements of %s begin at once', async (_, { from, to, ...rest }: ExportFilter) => {
    const range = from === undefined || to === undefined ? {} : { from: day(from), to: day(to) };
    const { sql, values } = measurementRows({ ...rest, ...range }, true);
    const { nodes } = await explain((snapshot) => snapshot.query(sql, values), EXPORT_PLANS, IS_TIMED);
    // Reads all of its input before its first row.
    const waiting = nodes.filter((node) => /^(Hash|Sort|Materialize|Aggregate)$/.test(node['Node Type']));
    expect(waiting.filter((node) => node['Actual Rows'] > 1000)).toEqual([]);
  });

  it('of the capability of one parameter over a day, and of what it mixes, use indexes', async () => {
    const question = { parameter: 'width3', subgroup: 1, from: day(-31), to: day(-30), policy: 'last' } as const;
    for (const ask of [
      (snapshot: Queryable) => momentsOfValues(snapshot, question, undefined),
      (snapshot: Queryable) => kindsMeasured(snapshot, question, 100),
    ]) {
      const { readWhole, chunks } = await explain(ask);
      expect(beyondChunks([...readWhole, ...chunks], -32, -29)).toEqual([]);
    }
  });

  it('of a page of what one machine touched read that page', async () => {
    for (const after of [undefined, { time: day(-100), id: oneId }]) {
      const { readWhole, attempts } = await explain((snapshot) => unitsOfEquipment(snapshot, 'E11', {}, after, 51));
      expect(readWhole).toEqual([]);
      // One more shows that no attempt of the same event follows.
      expect(attempts).toBeLessThanOrEqual(52);
    }
  });

  it('of the names of equipment and products look once or twice per name, those of steps read days', async () => {
    const equipment = await explain((snapshot) => equipmentSeen(snapshot, '', 51));
    expect(equipment.readWhole).toEqual([]);
    // 40 machines, the latest 50 completions of each.
    expect(equipment.attempts).toBeLessThan(40 * 60);
    expect((await explain((snapshot) => productsSeen(snapshot, '', 51))).readWhole).toEqual([]);
    expect((await explain((snapshot) => seenRange(snapshot, {}))).readWhole).toEqual([]);
    const steps = (from: number, to: number) =>
      explain((snapshot) => namesOfAttempts(snapshot, 'step', { from: day(from), to: day(to) }, '', 51));
    expect((await steps(-31, -30)).readWhole).toEqual([]);
    const months = await steps(-DAYS, 0);
    expect(months.readWhole).toEqual(['daily_attempts']);
    // The first and the last one of each step.
    expect(months.attempts).toBeLessThan(100);
  });

  it('of telemetry from raw samples touch only the chunks of their range', async () => {
    const question = {
      metric_name: 'metric3',
      service_name: 'service1',
      from: day(-5),
      to: day(-5).replace('T00', 'T06'),
    };
    const buckets = chooseBuckets(question.from, question.to, 500);
    expect(buckets.resolution).toBe('raw');
    const { readWhole, chunks } = await explain((snapshot) => telemetrySeries(snapshot, question, buckets));
    expect(readWhole).toEqual([]);
    expect(chunks.size).toBe(1);
  });

  it.each([
    ['the open chunk', -1],
    ['a closed chunk', -6],
  ])('of telemetry with a rare tag use the index on tags, in %s', async (_, from) => {
    const question = { metric_name: 'metric0', from: day(from), to: day(from + 1), tags: { trial: 'yes' } };
    const buckets = chooseBuckets(question.from, question.to, 500, 'raw');
    for (const one of [
      await explain((snapshot) => telemetrySeries(snapshot, question, buckets)),
      await explain((snapshot) => summaryOfTags(snapshot, question)),
    ]) {
      expect(one.readWhole).toEqual([]);
      expect(one.nodes.map((node) => node['Index Name'] ?? '')).toContainEqual(
        expect.stringMatching(/idx_system_metrics_tags$/),
      );
    }
  });

  it('of telemetry over weeks read the roll-ups by index and no raw chunk', async () => {
    const question = { metric_name: 'metric3', from: day(-14), to: day(-7) };
    const buckets = chooseBuckets(question.from, question.to, 500);
    expect(buckets.resolution).toBe('hourly');
    for (const one of [
      await explain((snapshot) => telemetrySeries(snapshot, question, buckets)),
      await explain((snapshot) => telemetrySummary(snapshot, question)),
    ]) {
      expect(one.readWhole).toEqual([]);
      expect(one.chunks.size).toBe(0);
    }
  });

  it('detects a table that is read as a whole', async () => {
    const { readWhole } = await explain((snapshot) =>
      snapshot.query(`SELECT count(*) FROM inspections WHERE recipe IS NULL`),
    );
    expect(readWhole).toContain('inspections');
  });
});
