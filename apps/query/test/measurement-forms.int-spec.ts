/** Every route that reads measurements gives the same answers from rows, from partly packed data, and from vectors of both forms. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { measurementRows, type MeasurementExport } from '../src/export/export.sql.ts';
import { openStage, type Stage } from './query-app.ts';
import { packMeasurements, seedAttempts } from './seed.ts';

const UNITS = 60;
const event = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

let stage: Stage;
let ids: string[];
beforeAll(async () => {
  stage = await openStage();
  const { database } = stage.db;
  const at = (minute: number): string => new Date(Date.UTC(2026, 2, 2, 0, minute)).toISOString();
  ids = await seedAttempts(
    database,
    Array.from({ length: UNITS }, (_, n) => {
      // Every seventh unit is tested again, every eleventh attempt is withdrawn.
      const unit = n % 7 === 6 ? n - 3 : n;
      return {
        lot_id: `L${unit % 3}`,
        chip_id: `C${unit}`,
        inspection_type: 'electrical',
        wafer_id: `W${unit % 2}`,
        die_x: unit % 8,
        die_y: Math.floor(unit / 8),
        product: 'P',
        attempt: unit === n ? 1 : 2,
        event_id: event(n),
        occurred_at: at(n * 20),
        ...(n % 11 === 10 ? { status: 'voided' } : { result: n % 5 === 0 ? ('fail' as const) : ('pass' as const) }),
      };
    }),
  );
  await database.query(
    `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), lot_id, wafer_id FROM inspections GROUP BY 2, 3`,
  );
  // An earlier message of every fourth attempt brought measurements, too.
  await database.query(
    `UPDATE inspection_attempts SET event_ids = ARRAY[md5(event_id::text)::uuid, event_id] WHERE right(event_id::text, 2)::int % 4 = 0`,
  );
  // Names that some events have twice, some not at all; units and limits that differ; values that are missing. Of two of one name
  // the greater or missing one comes last, as rows go by value.
  await database.query(
    `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit)
     SELECT a.occurred_at - o.early * INTERVAL '5 seconds', a.inspection_id, CASE WHEN o.early = 0 THEN a.event_id ELSE a.event_ids[1] END,
       m.name, CASE WHEN (a.die_x + m.n) % 9 <> 4 OR m.n = 2 THEN a.die_x * 10 + a.die_y + m.n / 8.0 + o.early END,
       CASE WHEN m.name <> 'gain' THEN 'V' END, CASE WHEN m.n < 3 THEN -1.5 END, CASE WHEN a.die_y > 2 THEN 100 END
     FROM inspection_attempts AS a
     CROSS JOIN LATERAL generate_series(0, cardinality(a.event_ids) - 1) AS o (early)
     CROSS JOIN (VALUES (0, 'vth'), (1, 'gain'), (2, 'leak'), (3, 'leak'), (4, 'idd')) AS m (n, name)
     WHERE m.name <> 'idd' OR a.die_x % 2 = 0 ORDER BY a.event_id, o.early, m.n`,
  );
}, 120_000);
afterAll(() => stage.end());

const WINDOW = 'from=2026-03-01T00:00:00Z&to=2026-03-04T00:00:00Z';
const questions = (): string[] => [
  ...['imr', 'ewma', 'cusum', 'xbar_s', 'xbar_r'].flatMap((chart) =>
    (chart.startsWith('xbar') ? ['lot', 'wafer', '5'] : ['1', 'lot', 'day']).flatMap((subgroup) =>
      ['last', 'all'].map(
        (policy) => `/v1/spc?chart=${chart}&parameter=vth&subgroup=${subgroup}&policy=${policy}&mix=yes&${WINDOW}`,
      ),
    ),
  ),
  ...['vth', 'leak', 'idd', 'nothing'].map((name) => `/v1/spc?chart=imr&parameter=${name}&mix=yes&${WINDOW}`),
  `/v1/spc?chart=imr&parameter=vth&${WINDOW}`,
  ...['vth', 'leak', 'gain'].flatMap((name) =>
    ['', '&subgroup=wafer', '&lot_id=L1', '&policy=all'].map(
      (rest) => `/v1/capability?parameter=${name}&lsl=-5&usl=120&mix=yes&${WINDOW}${rest}`,
    ),
  ),
  ...['L0', 'L1', 'L2'].flatMap((lot) =>
    ['vth', 'idd', 'gain', 'nothing'].map(
      (value) => `/v1/lots/${lot}/wafers/W1/map?value=${value}&inspection_type=electrical`,
    ),
  ),
  // The first half has every kind of unit.
  ...[...new Set(ids.slice(0, UNITS / 2))].map((id) => `/v1/inspections/${id}`),
  '/v1/export/measurements?format=ndjson',
  `/v1/export/measurements?format=ndjson&from=2026-03-02T03:00:00Z&to=2026-03-02T09:00:00Z`,
  '/v1/export/measurements?format=ndjson&name=leak',
  '/v1/export/measurements?format=csv&raw=1&name=vth&lot_id=L2&from=2026-03-02T03:00:00Z',
  '/v1/export/measurements?format=ndjson&name=nothing',
];

/** Sums of floating point depend in their last digits on the order of the rows, and equal rows have no order. */
const comparable = (value: unknown): unknown => {
  if (typeof value === 'number') {
    return Number(value.toPrecision(12));
  }
  if (Array.isArray(value)) {
    return value.map(comparable);
  }
  if (typeof value === 'object' && value !== null) {
    const { measurements, ...rest } = value as Record<string, unknown>;
    return {
      ...Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, comparable(one)])),
      ...(measurements === undefined
        ? {}
        : { measurements: (measurements as object[]).map((one) => JSON.stringify(one)).sort() }),
    };
  }
  return value;
};
const ask = async (): Promise<Map<string, unknown>> => {
  const answers = new Map<string, unknown>();
  for (const path of questions()) {
    const { status, body } = await stage.app.get<unknown>(path);
    answers.set(path, [status, typeof body === 'string' ? body.split('\n').sort() : comparable(body)]);
  }
  return answers;
};

/** An export reads what is stored in its database otherwise than what lies in others. */
const exportsEitherWay = async (): Promise<void> => {
  const range = { from: '2026-03-02T03:00:00Z', to: '2026-03-02T09:00:00Z' };
  const asked: MeasurementExport[] = [{}, range, { name: 'leak' }, { ...range, name: 'vth' }, { name: 'nothing' }];
  for (const question of asked.flatMap((one) => [one, { ...one, lot_id: 'L1' }, { ...one, product: 'P' }])) {
    const [looked, joined] = await Promise.all(
      [true, false].map(async (isLocal) => {
        const { sql, values } = measurementRows(question, isLocal);
        return (await stage.db.database.query<object>(sql, values)).map((row) => JSON.stringify(row)).sort();
      }),
    );
    expect(looked).toEqual(joined);
    expect(looked!.length > 0).toBe(question.name !== 'nothing');
  }
};

it('get the same answers before, while and after rows become vectors', async () => {
  const { database } = stage.db;
  const forms = async (): Promise<{ rows: number; vectors: number }> =>
    (
      await database.query<{ rows: number; vectors: number }>(
        'SELECT (SELECT count(*) FROM measurement_rows) AS rows, (SELECT count(*) FROM measurement_vectors) AS vectors',
      )
    )[0]!;
  const before = await ask();
  const statuses = [...before].map(([path, answer]) => `${(answer as [number])[0]} ${path}`);
  // A question refused in every form would prove nothing.
  expect(statuses.filter((line) => !line.startsWith('200') && !line.includes('nothing'))).toEqual([]);
  const all = await forms();
  expect(all.vectors).toBe(0);
  await exportsEitherWay();

  await database.query('SELECT pack_measurements(2)');
  const some = await forms();
  expect([some.rows > 0, some.rows < all.rows, some.vectors > 0]).toEqual([true, true, true]);
  expect(await ask()).toEqual(before);
  await exportsEitherWay();

  await packMeasurements(database);
  expect((await forms()).rows).toBe(0);
  expect(await ask()).toEqual(before);
  await exportsEitherWay();

  // As the packing stored them: in the smaller of the two forms of a vector. Half of them in the other one, and all of them.
  for (const some of [`m.event_id::text < '8'`, 'true']) {
    const stored = await database.query<object>(
      `UPDATE measurement_values AS m SET values = v.values, decimals = NULL, digits = NULL FROM measurement_vectors AS v
        WHERE v.event_id = m.event_id AND m.digits IS NOT NULL AND ${some} RETURNING m.event_id`,
    );
    expect(stored.length).toBeGreaterThan(5);
    expect(await ask()).toEqual(before);
    await exportsEitherWay();
  }
}, 240_000);
