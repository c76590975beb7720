import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoadSession, type Queryable } from '@chip/persistence';
import { type TestDatabase } from '@chip/persistence/testing';
import fc from 'fast-check';
import { type AttemptPolicy, chosenAttempts } from '../src/attempts/chosen-attempts.ts';
import { testCounts } from '../src/failing-tests/failing-tests.sql.ts';
import {
  kindsMeasured,
  leastValues,
  momentsOfValues,
  type SingleValues,
} from '../src/measured/measured-moments.sql.ts';
import {
  type Break,
  type MeasuredQuestion,
  type MeasuredSample,
  measuredSamples,
  type SitedKind,
} from '../src/measured/measured-samples.sql.ts';
import { instantWithin, LOTS, openUnits, rangeBetween, remembering } from './random-attempts.ts';
import {
  EVERY_VALUE,
  keepMeasurementsFrom,
  keepUp,
  measuredEvent,
  storeMeasured,
  upkeep,
} from './random-measurements.ts';

const UNITS = 60;
const DAYS = 20;
/** Questions of each round. */
const ASKED = 5;
/** More than so many questions are answered from several days, from a day and values, and from a day of several values. */
const OFTEN = { fromDays: 30, fromBoth: 12, ofSeveral: 20 };
const instant = instantWithin(DAYS);

const LIMITS = {
  width: { lower: 92, upper: 105 },
  height: { lower: null, upper: 104 },
  depth: { lower: null, upper: null },
};
const measurement = fc
  .record({
    name: fc.constantFrom('width', 'width', 'width', 'height', 'depth'),
    unit: fc.constantFrom('um', 'um', 'um', 'um', 'um', 'nm', null),
    value: fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: 90, max: 110, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(null, 100) },
    ),
  })
  .map((of) => ({ ...of, ...LIMITS[of.name as keyof typeof LIMITS] }));
const event = measuredEvent({ units: UNITS, instant, measurement, most: 3 });

const question = fc
  .record({
    from: fc.option(instant, { nil: undefined }),
    to: fc.option(instant, { nil: undefined }),
    policy: fc.constantFrom<AttemptPolicy>('last', 'last', 'last', 'last', 'last', 'last', 'first', 'all'),
    filter: fc.constantFrom<Partial<MeasuredQuestion>>(
      {},
      { product: 'P1' },
      { product: ['P1', 'P2'], inspection_type: 'visual', step: '' },
      { product: 'P1', inspection_type: 'visual', step: '' },
      { product: 'P1', inspection_type: 'visual', step: '', recipe: 'R1', site: 'south' },
      { product: 'P1', inspection_type: ['visual'], step: [''], recipe: 'R1', site: ['south'] },
      { product: 'P1', inspection_type: 'thermal', step: '', recipe: 'R1', site: 'south' },
      { product: 'P1', inspection_type: 'thermal', step: '', recipe: 'R1', site: '' },
      { product: 'P1', inspection_type: 'thermal', step: 'probe', recipe: 'R1', site: '' },
      { product: 'P1', step: '', lot_id: 'L1' },
      { product: 'P1', step: '', equipment_id: 'E1' },
    ),
    breakAt: fc.constantFrom<Break | undefined>(undefined, undefined, 'none', 'lot', 'wafer', 'product'),
    conversion: fc.constantFrom<MeasuredQuestion['conversion']>(
      undefined,
      { unit: 'um', from: [{ unit: 'nm', factor: 0.001, offset: 7 }], others: [null] },
      { unit: 'nm', from: [{ unit: 'um', factor: 3, offset: 1 }], others: [null] },
    ),
  })
  .map(({ from, to, filter, breakAt, policy, conversion }) => {
    const asked: MeasuredQuestion = {
      ...filter,
      ...rangeBetween({ from, to }),
      policy,
      conversion,
      parameter: 'width',
      subgroup: 1,
    };
    return { asked, breakAt };
  });

describe('measured values by day', () => {
  let db: TestDatabase;
  let session: LoadSession;
  let leave: () => Promise<void>;
  beforeAll(async () => {
    ({ db, session, close: leave } = await openUnits(UNITS));
    await keepMeasurementsFrom(db.database, '2025-12-10');
  });
  afterAll(() => leave());

  interface Value extends SitedKind {
    readonly value: number | null;
    readonly lot: string;
    readonly wafer: string | null;
    readonly at: string;
    readonly day: string;
    /** Equal for the rows of one event, which go by their value. */
    readonly place: number;
  }

  /** The definition: every value of the counted attempts, in order. */
  const valuesOf = async (asked: MeasuredQuestion): Promise<Value[]> => {
    const { sql, where } = chosenAttempts(asked, 'operation', 'a.*');
    const values = await db.database.query<Value>(
      `SELECT m.value, m.unit, c.inspection_type::text AS inspection_type, c.product, c.step, c.recipe, l.site, c.lot_id::text AS lot, c.wafer_id AS wafer,
              c.completed_at AS at, to_char(c.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
              (rank() OVER (ORDER BY c.completed_at, c.event_id, m.event_id, m.nth))::int AS place
         FROM (${sql}) AS c JOIN lots AS l ON l.id = c.lot_id
         JOIN ${EVERY_VALUE} AS m ON m.inspection_id = c.inspection_id AND m.event_id = ANY (c.event_ids) AND m.name = ${where.bind(asked.parameter)}`,
      where.values,
    );
    const from = asked.conversion?.from ?? [];
    return values
      .map((one) => {
        const { factor, offset } = from.find(({ unit }) => unit === one.unit) ?? { factor: 1, offset: 0 };
        return { ...one, value: one.value === null ? null : one.value * factor + offset };
      })
      .sort((a, b) => a.place - b.place || (a.value ?? Infinity) - (b.value ?? Infinity));
  };

  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const meanOf = (values: readonly number[]): number | null =>
    values.length === 0 ? null : sum(values) / values.length;

  const momentsOf = (values: readonly Value[], breakAt: Break | undefined): SingleValues => {
    const runOf: Record<Break, (of: Value) => string | null> = {
      none: () => '',
      lot: ({ lot }) => lot,
      wafer: ({ lot, wafer }) => `${lot} ${wafer}`,
      product: ({ product }) => product,
    };
    const pairs = values.slice(1).map((value, i) => [values[i]!, value] as const);
    const inRuns = (by: Break) => pairs.filter(([a, b]) => runOf[by](a) === runOf[by](b));
    const by = breakAt ?? (inRuns('lot').length > 0 ? 'lot' : 'none');
    const given = values.flatMap(({ value }) => (value === null ? [] : [value]));
    const mean = meanOf(given);
    return {
      n: given.length,
      mean,
      sigma_overall:
        given.length < 2 ? null : Math.sqrt(sum(given.map((value) => (value - mean!) ** 2)) / (given.length - 1)),
      moving_range: meanOf(
        inRuns(by).flatMap(([a, b]) => (a.value === null || b.value === null ? [] : [Math.abs(b.value - a.value)])),
      ),
      break_at: by,
    };
  };

  const samplesOf = (values: readonly Value[], by: 'lot' | 'day'): unknown[] =>
    [...Map.groupBy(values, (value) => value[by])].map(([key, of]) => {
      const { n, mean, sigma_overall } = momentsOf(of, 'none');
      const lot = by === 'lot' ? LOTS.find(({ id }) => id === key)! : null;
      const given = of.flatMap(({ value }) => (value === null ? [] : [value]));
      return {
        key: lot === null ? key : lot.lot_id,
        site: lot && lot.site,
        lot_id: lot && lot.lot_id,
        lot: lot && lot.id,
        wafer: null,
        first_at: of[0]!.at,
        last_at: of.at(-1)!.at,
        product: new Set(of.map(({ product }) => product)).size === 1 ? of[0]!.product : null,
        n,
        mean: close(mean ?? 0),
        s: close(sigma_overall ?? 0),
        range: close(n === 0 ? 0 : Math.max(...given) - Math.min(...given)),
      };
    });
  const inKeyOrder = <T>(samples: readonly T[]): T[] => {
    const keyOf = (sample: T): string => {
      const { key, site } = sample as unknown as MeasuredSample;
      return `${key} ${site}`;
    };
    return samples.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  };

  /** Reads every value, as if nothing were summed up. */
  const withoutDays = (database: Queryable): Queryable => ({
    query: async (text, values) =>
      text.includes(' AS holds') ? ([{ holds: false }] as never) : database.query(text, values),
  });
  const inNameOrder = ({ tests, units }: Awaited<ReturnType<typeof testCounts>>) => ({
    units,
    tests: tests.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  });

  const close = (value: number | null): unknown => (value === null ? null : (expect.closeTo(value, 9) as unknown));

  it('have the kinds, moments, samples and tests of the values, whatever retest, correction, withdrawal, packing or retention comes', async () => {
    const rounds = fc.sample(fc.record({ events: fc.array(event, { minLength: 1, maxLength: 20 }), upkeep }), {
      // Six faults that were put into the product to see when showed by the twelfth round.
      numRuns: 35,
      seed: 20_251_202,
    });
    const questions = fc.sample(question, { numRuns: rounds.length * ASKED, seed: 20_260_121 });
    const seen = { least: 0, values: 0, failing: 0, stopped: 0, samples: 0, fromDays: 0, fromBoth: 0, ofSeveral: 0 };
    const counting = (database: Queryable): Queryable => ({
      query: async (text, values) => {
        // As long as it is not yet certain that questions are hard enough.
        const isRare = Object.entries(OFTEN).some(([what, times]) => seen[what as keyof typeof OFTEN] <= times);
        if (isRare && text.includes('day AS MATERIALIZED')) {
          const [of] = await db.database.query<{ days: number; several: number; read: number }>(
            text.replace(
              /SELECT json_build_array[^]*/,
              `SELECT (SELECT count(*)::int FROM day) AS days, (SELECT count(*)::int FROM day WHERE moves > 0) AS several, (SELECT count(*)::int FROM measured) AS read FROM (SELECT count(*) FROM ordered, centre) AS o`,
            ),
            values,
          );
          seen.fromDays += of!.days > 1 ? 1 : 0;
          seen.fromBoth += of!.days > 1 && of!.read > 0 ? 1 : 0;
          seen.ofSeveral += of!.several > 0 ? 1 : 0;
        }
        return database.query(text, values);
      },
    });
    for (const [round, { events, upkeep: what }] of rounds.entries()) {
      await storeMeasured(db.database, events);
      await keepUp(session, what);
      for (const { asked, breakAt } of questions.slice(round * ASKED, (round + 1) * ASKED)) {
        const database = remembering(db.database);
        const values = await valuesOf(asked);
        const { n, mean, sigma_overall, moving_range, break_at } = momentsOf(values, breakAt);
        const expected = {
          n,
          mean: close(mean),
          sigma_overall: close(sigma_overall),
          moving_range: close(moving_range),
          break_at,
        };
        const least = await leastValues(database, asked);
        expect({ round, asked, isMore: least > values.length }).toEqual({ round, asked, isMore: false });
        seen.least += least;
        seen.values += values.length;
        const moments = await momentsOfValues(counting(database), asked, breakAt);
        expect({ round, asked, breakAt, moments }).toEqual({ round, asked, breakAt, moments: expected });
        for (const by of ['lot', 'day'] as const) {
          const samples = await measuredSamples(database, { ...asked, subgroup: by }, 1000);
          expect({ round, asked, samples: inKeyOrder(samples) }).toEqual({
            round,
            asked,
            samples: inKeyOrder(samplesOf(values, by)),
          });
          seen.samples += samples.length;
        }
        const tests = await testCounts(database, asked);
        expect({ round, asked, ...inNameOrder(tests) }).toEqual({
          round,
          asked,
          ...inNameOrder(await testCounts(withoutDays(database), asked)),
        });
        seen.failing += tests.units.failing;
        seen.stopped += tests.units.stopped;
        const kinds = new Set(
          values.map(({ unit, inspection_type, product, step, recipe, site }) =>
            JSON.stringify({ unit, inspection_type, product, step, recipe, site }),
          ),
        );
        const found = await kindsMeasured(database, asked, 1000);
        expect(found.map((kind) => JSON.stringify(kind)).sort()).toEqual([...kinds].sort());
        const units = new Set(found.map(({ unit }) => unit));
        const few = await kindsMeasured(database, asked, units.size);
        expect({ round, asked, few: new Set(few.map(({ unit }) => unit)) }).toEqual({ round, asked, few: units });
      }
    }
    // Otherwise the questions would be too easy.
    expect(seen.least).toBeGreaterThan(seen.values / 4);
    expect(seen.failing).toBeGreaterThan(165);
    expect(seen.stopped).toBeGreaterThan(50);
    expect(seen.samples).toBeGreaterThan(500);
    for (const [what, times] of Object.entries(OFTEN)) {
      expect([what, seen[what as keyof typeof OFTEN] > times]).toEqual([what, true]);
    }
  }, 240_000);
});
