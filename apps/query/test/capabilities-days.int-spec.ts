import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoadSession, type Queryable } from '@chip/persistence';
import { type TestDatabase } from '@chip/persistence/testing';
import { d2 } from '@chip/quality';
import fc from 'fast-check';
import { chosenAttempts } from '../src/attempts/chosen-attempts.ts';
import { type CapabilitiesParameters } from '../src/capability/capabilities-answer.ts';
import { CapabilitiesQuery } from '../src/capability/capabilities.query.ts';
import {
  isAmbiguous,
  momentsOfParameters,
  type ParameterMoments,
  type ParametersQuestion,
} from '../src/capability/capabilities.sql.ts';
import { type Snapshots } from '../src/sql/snapshots.ts';
import { instantWithin, openUnits, rangeBetween, remembering } from './random-attempts.ts';
import {
  EVERY_VALUE,
  keepMeasurementsFrom,
  keepUp,
  measuredEvent,
  storeMeasured,
  upkeep,
} from './random-measurements.ts';

const UNITS = 150;
const instant = instantWithin(4);

/** Near 100, with outliers in which a day is rich or poor, so that the bounds of a question are now here, now there. */
const value = fc.oneof(
  { weight: 24, arbitrary: fc.double({ min: 99.5, max: 100.5, noNaN: true }) },
  { weight: 4, arbitrary: fc.double({ min: 96, max: 104, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 80, max: 120, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 100) },
);
const NAMES = ['width', 'height', 'depth', 'equal', 'limits'] as const;
const measurement = fc
  .record({
    name: fc.constantFrom(...NAMES, 'width', 'width', 'height', 'depth'),
    isOdd: fc.constantFrom(...Array.from({ length: 40 }, () => false), true),
    value,
  })
  .map(({ name, isOdd, ...of }) => ({
    name,
    unit: name === 'depth' && isOdd ? 'nm' : 'um',
    // A tenth is no binary number: the sum of many has another mean.
    value: name === 'equal' ? 0.1 : of.value,
    lower: name === 'height' ? null : name === 'limits' && isOdd ? 91 : 90,
    upper: name === 'limits' && isOdd ? null : 110,
  }));
/** Days differ, so that what is usual for one is narrow or wide for a question about others. */
const SPREADS = [1, 1, 1, 8, 1];
const spread = <T extends { name: string; value: number | null }>(of: T, at: string): T => {
  const times = SPREADS[Number(at.slice(8, 10)) % SPREADS.length]!;
  return { ...of, value: of.value === null || of.name === 'equal' ? of.value : 100 + (of.value - 100) * times };
};

/** On most days lots and types have hours of their own, so that their rows do not take turns. */
const inHours = (at: string, unit: number): string => {
  const hour = (unit % 6) * 4 + Math.floor(Number(at.slice(11, 13)) / 6);
  return at.slice(8, 10) === '02' ? at : `${at.slice(0, 11)}${String(hour).padStart(2, '0')}${at.slice(13)}`;
};

const PER_ROUND = 7;
const OFTEN = 15;
const KIND = { product: 'P1', inspection_type: 'visual', step: '', recipe: 'R1' };
const question = fc
  .record({
    from: fc.option(instant, { nil: undefined, freq: 1 }),
    to: fc.option(instant, { nil: undefined, freq: 1 }),
    policy: fc.constantFrom(...Array.from({ length: 7 }, () => 'last' as const), 'first'),
    filter: fc.constantFrom<Partial<ParametersQuestion>>(
      {},
      { product: 'P1' },
      { product: ['P1', 'P2'], inspection_type: 'visual', step: '' },
      { product: 'P1', inspection_type: 'visual', step: '' },
      // Sites take turns within a day.
      { ...KIND, site: 'south' },
      { ...KIND, site: 'south' },
      { ...KIND, site: '' },
      { product: 'P1', site: 'south', isMixed: true },
      { ...KIND, site: ['south'] },
      { ...KIND, site: '' },
      { ...KIND, site: '', inspection_type: 'thermal' },
      { ...KIND, lot_id: 'L1' },
      KIND,
    ),
    isMixed: fc.boolean(),
  })
  .map(({ from, to, filter, ...rest }): ParametersQuestion => ({ ...rest, ...filter, ...rangeBetween({ from, to }) }));

describe('capabilities of all parameters by day', () => {
  let db: TestDatabase;
  let session: LoadSession;
  let leave: () => Promise<void>;
  beforeAll(async () => {
    ({ db, session, close: leave } = await openUnits(UNITS));
    await keepMeasurementsFrom(db.database, '2025-12-02');
  });
  afterAll(() => leave());

  interface Value {
    readonly name: string;
    readonly value: number | null;
    readonly unit: string | null;
    readonly inspection_type: string;
    readonly step: string;
    readonly recipe: string | null;
    readonly site: string;
    readonly lower_limit: number | null;
    readonly upper_limit: number | null;
    readonly lot: string;
    readonly place: number;
  }

  /** The definition: every value of the counted attempts, in order. */
  const valuesOf = async (asked: ParametersQuestion): Promise<Value[]> => {
    const { sql, where } = chosenAttempts(asked, 'operation', 'a.*');
    const values = await db.database.query<Value>(
      `SELECT m.name, m.value, m.unit, m.lower_limit, m.upper_limit, c.inspection_type::text AS inspection_type, c.step, c.recipe, l.site,
              c.lot_id::text AS lot, (rank() OVER (ORDER BY c.completed_at, c.event_id, m.event_id, m.nth))::int AS place
         FROM (${sql}) AS c JOIN lots AS l ON l.id = c.lot_id
         JOIN ${EVERY_VALUE} AS m ON m.inspection_id = c.inspection_id AND m.event_id = ANY (c.event_ids)`,
      where.values,
    );
    return values.sort((a, b) => a.place - b.place || (a.value ?? Infinity) - (b.value ?? Infinity));
  };

  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  const meanOf = (values: readonly number[]): number | null =>
    values.length === 0 ? null : sum(values) / values.length;
  const inOrder = <T extends string | null>(values: readonly T[]): T[] =>
    [...new Set(values)].sort((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1));
  const one = (limits: readonly (number | null)[]): number | null => (new Set(limits).size === 1 ? limits[0]! : null);
  const close = (number: number | null): unknown => (number === null ? null : (expect.closeTo(number, 9) as unknown));

  const momentsOf = (name: string, values: readonly Value[], isMixed: boolean): unknown => {
    const pairs = values.slice(1).map((of, i) => [values[i]!, of] as const);
    const ofLot = pairs.filter(([a, b]) => a.lot === b.lot);
    const moves = (ofLot.length > 0 ? ofLot : pairs).flatMap(([a, b]) =>
      a.value === null || b.value === null ? [] : [Math.abs(b.value - a.value)],
    );
    const given = values.flatMap((of) => (of.value === null ? [] : [of.value]));
    const mean = meanOf(given);
    const move = meanOf(moves);
    const sigma = move === null ? null : move / d2(2);
    const kinds = {
      units: inOrder(values.map(({ unit }) => unit)),
      inspection_types: inOrder(values.map(({ inspection_type }) => inspection_type)),
      steps: inOrder(values.map(({ step }) => step)),
      recipes: inOrder(values.map(({ recipe }) => recipe)),
    };
    return {
      name,
      n: given.length,
      missing: values.length - given.length,
      mean: close(mean),
      sigma_overall: close(
        given.length < 2 ? null : Math.sqrt(sum(given.map((of) => (of - mean!) ** 2)) / (given.length - 1)),
      ),
      ...kinds,
      sites: inOrder(values.map(({ site }) => site)),
      lower_limit: one(values.map(({ lower_limit }) => lower_limit)),
      upper_limit: one(values.map(({ upper_limit }) => upper_limit)),
      // Of the others, nobody asks for them.
      ...(!isAmbiguous(kinds, isMixed) && {
        sigma_within: close(sigma),
        beyond:
          sigma === null ? 0 : given.filter((of) => Math.abs(of - mean!) > 3 * Math.max(sigma, mean! * 1e-9)).length,
      }),
    };
  };
  const asExpected = (isMixed: boolean, { sigma_within, beyond, ...of }: ParameterMoments): unknown => {
    const { reach: _reach, unread: _unread, ...rest } = of as Record<string, unknown>;
    return isAmbiguous(of, isMixed) ? rest : { ...rest, sigma_within, beyond };
  };

  /** Reads every value, as if nothing were summed up. */
  const withoutDays = (queryable: Queryable): Queryable => ({
    query: async (text, values) =>
      text.includes(' AS holds,') && text.includes('relnatts')
        ? ([{ holds: false }] as never)
        : queryable.query(text, values),
  });
  const answerOf = async (queryable: Queryable, { isMixed, ...asked }: ParametersQuestion): Promise<unknown> => {
    const answer = (of: (snapshot: Queryable) => unknown): unknown => of(queryable);
    const query = new CapabilitiesQuery({ answer } as unknown as Snapshots);
    const { parameters, ...rest } = await query.answer({
      product: 'P1',
      ...asked,
      mix: isMixed === true ? 'yes' : 'no',
    } as CapabilitiesParameters);
    // The deviation of equal values is nothing but the rounding of their sums, so what it divides is anything.
    return JSON.parse(
      JSON.stringify({ ...rest, parameters: parameters.filter(({ parameter }) => parameter !== 'equal') }),
      (_, of: unknown) => (typeof of === 'number' ? Number(of.toPrecision(9)) : of),
    );
  };

  it('are those of the values, whatever retest, correction, withdrawal, packing or retention comes', async () => {
    // Few kinds, so that those of a day have more values than a row keeps in any case.
    const event = measuredEvent({ units: UNITS, instant, measurement, most: 24 }).map((of) => ({
      ...of,
      completed_at: inHours(of.completed_at, of.unit),
      step: of.attempt === 1 ? '' : of.step,
      product: of.product ?? 'P1',
      recipe: of.attempt === 1 ? 'R1' : of.recipe,
    }));
    const round = fc.record({
      events: fc.array(event, { minLength: 1, maxLength: 60 }),
      upkeep,
    });
    const rounds = fc.sample(round, { numRuns: 30, seed: 20_251_202 });
    const questions = fc.sample(question, { numRuns: rounds.length * PER_ROUND, seed: 20_260_121 });
    const seen = { beyond: 0, clear: 0, limits: 0, fromDays: 0, fromBoth: 0, read: 0, tails: 0, outside: 0 };
    const counting = (queryable: Queryable): Queryable => ({
      query: async (text, values) => {
        // As long as it is not yet certain that questions are hard enough.
        const isRare = Object.values(seen).some((times) => times <= OFTEN);
        if (isRare && text.includes('day AS MATERIALIZED')) {
          const [of] = await db.database.query<{ days: number; values: number; tails: number; outside: number }>(
            text.replace(
              /SELECT m\.\*, \(coalesce[^]*/,
              `SELECT (SELECT count(*)::int FROM day) AS days, (SELECT count(*)::int FROM measured) AS values,
                      (SELECT count(*)::int FROM beyond_of_rows JOIN day USING (name) WHERE holds AND inner_low IS NOT NULL AND beyond > 0) AS tails,
                      (SELECT count(*)::int FROM beyond_of_rows JOIN day USING (name) WHERE holds AND outside > 0) AS outside
                 FROM (SELECT $${values!.length}::int AS unused) AS u`,
            ),
            values,
          );
          seen.fromDays += of!.days > 1 ? 1 : 0;
          seen.fromBoth += of!.days > 1 && of!.values > 0 ? 1 : 0;
          seen.tails += of!.tails > 0 ? 1 : 0;
          seen.outside += of!.outside > 0 ? 1 : 0;
        }
        seen.read += text.includes('unread AS (') ? 1 : 0;
        return queryable.query(text, values);
      },
    });
    for (const [round, { events, upkeep: what }] of rounds.entries()) {
      await storeMeasured(
        db.database,
        events.map((of) => ({ ...of, measurements: of.measurements.map((each) => spread(each, of.completed_at)) })),
      );
      await keepUp(session, what);
      for (const asked of questions.slice(round * PER_ROUND, (round + 1) * PER_ROUND)) {
        const isMixed = asked.isMixed === true;
        const database = remembering(db.database);
        const values = Map.groupBy(await valuesOf(asked), ({ name }) => name);
        const expected = inOrder([...values.keys()]).map((name) => momentsOf(name, values.get(name)!, isMixed));
        for (const [of, queryable, mostUnread] of [
          ['days', counting(database)],
          ['values', withoutDays(database)],
          ['days, but for too many to read', database, 0],
        ] as const) {
          const found = await momentsOfParameters(queryable, asked, d2(2), 1000, mostUnread);
          expect({ round, asked, of, found: found.map((each) => asExpected(isMixed, each)) }).toEqual({
            round,
            asked,
            of,
            found: expected,
          });
          const clear = found.filter((each) => !isAmbiguous(each, isMixed));
          seen.clear += clear.length;
          seen.beyond += clear.filter(({ beyond }) => beyond > 0).length;
          seen.limits += clear.filter(
            ({ lower_limit, upper_limit }) => lower_limit === null && upper_limit !== null,
          ).length;
        }
        expect({ round, asked, answer: await answerOf(database, asked) }).toEqual({
          round,
          asked,
          answer: await answerOf(withoutDays(database), asked),
        });
      }
    }
    // Otherwise the questions would be too easy.
    for (const [what, times] of Object.entries(seen)) {
      expect([what, times > OFTEN ? 'often' : times]).toEqual([what, 'often']);
    }
    expect(seen.clear).toBeGreaterThan(750);
  }, 240_000);
});
