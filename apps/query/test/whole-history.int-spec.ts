/** Questions about everything take short cuts: whatever happened, their answers are those of the plain statements. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoadSession } from '@chip/persistence';
import { sumUpDays, type TestDatabase } from '@chip/persistence/testing';
import fc from 'fast-check';
import { type AttemptQuestion, chosenAttempts, preferredFirst } from '../src/attempts/chosen-attempts.ts';
import { namesOfAttempts, type SeenName } from '../src/discovery/names.sql.ts';
import { type EquipmentSample, samplesOfEquipment } from '../src/equipment/lot-yields.sql.ts';
import { diesOf, kindsOfMap, type MapQuestion } from '../src/maps/dies.sql.ts';
import { isCrowdedMap } from '../src/maps/stacked-attempts.sql.ts';
import { type MapKind } from '../src/maps/map-scope.ts';
import {
  changedAttempt,
  instantWithin,
  LOTS,
  openUnits,
  rangeBetween,
  storeAttempts,
  twoPolicies,
} from './random-attempts.ts';

const UNITS = 40;
const DAYS = 12;
const instant = instantWithin(DAYS);

/** Few places, so that many dice have two names; some on both sides of a border between squares of eight. */
const event = fc.record({
  ...changedAttempt(UNITS, instant, '2025-12-06T12:00:00.000000Z'),
  recipe: fc.constantFrom('R1', 'R2', null),
  wafer_id: fc.constantFrom('W1', 'W1', 'W2', null),
  die_x: fc.constantFrom(-1, 8, 8, 8, null),
  die_y: fc.constantFrom(7, 7, 2_000_000_000),
  hard_bin: fc.constantFrom(1, 2, 3, null),
  soft_bin: fc.constantFrom(10, 20, null),
  defect_count: fc.constantFrom(0, 1, 7, null),
});

const question = fc
  .record({
    from: fc.option(instant, { nil: undefined }),
    to: fc.option(instant, { nil: undefined }),
    value: fc.constantFrom('result', 'hard_bin', 'soft_bin', 'defect_count'),
    lot: fc.constantFrom(undefined, undefined, undefined, LOTS[0]!.id),
    filter: fc.constantFrom<Omit<AttemptQuestion, 'policy'>>(
      {},
      {},
      { product: 'P2' },
      { step: '' },
      { step: 'probe', recipe: 'R1' },
      { site: 'south' },
      { inspection_type: 'thermal', equipment_id: ['E1', 'E2'] },
    ),
    policies: twoPolicies,
  })
  .map(({ from, to, filter, ...rest }) => ({ ...rest, ...filter, ...rangeBetween({ from, to }) }));

let db: TestDatabase;
let session: LoadSession;
let leave: () => Promise<void>;
beforeAll(async () => {
  ({ db, session, close: leave } = await openUnits(UNITS));
});
afterAll(() => leave());

const STACKED: Readonly<Record<string, string>> = {
  result: `(count(*) FILTER (WHERE result = 'fail'))::float8 / count(*)`,
  hard_bin: 'mode() WITHIN GROUP (ORDER BY value)',
  soft_bin: 'mode() WITHIN GROUP (ORDER BY value)',
  defect_count: 'avg(value)::float8',
};

/** Map and kinds by sorting every attempt. */
async function plainMap(
  asked: MapQuestion,
): Promise<{ dies: { tested: number }[]; kinds: MapKind[]; attempts: number }> {
  const { sql, where } = chosenAttempts(asked, 'operation', `a.*, a.${asked.value} AS value`);
  const placed = `SELECT * FROM (${sql}) AS c WHERE wafer_id IS NOT NULL AND die_x IS NOT NULL AND die_y IS NOT NULL
    AND ($${where.values.length + 1}::uuid IS NULL OR lot_id = $${where.values.length + 1}::uuid)`;
  const values = [...where.values, asked.lot ?? null];
  const once =
    asked.policy === 'all'
      ? 'SELECT * FROM placed WHERE value IS NOT NULL'
      : `SELECT DISTINCT ON (lot_id, wafer_id, die_x, die_y) * FROM placed WHERE value IS NOT NULL
           ORDER BY lot_id, wafer_id, die_x, die_y, ${preferredFirst('placed', asked.policy)}`;
  const [counted] = await db.database.query<{ attempts: number }>(
    `SELECT count(value)::int AS attempts FROM (${placed}) AS c`,
    values,
  );
  return {
    attempts: counted!.attempts,
    dies: await db.database.query(
      `WITH placed AS (${placed}), die AS (${once})
       SELECT die_x AS x, die_y AS y, ${STACKED[asked.value]} AS value, count(*)::int AS tested, (count(*) FILTER (WHERE result = 'fail'))::int AS failed,
              NULL AS least_unit, NULL AS greatest_unit
         FROM die GROUP BY 1, 2 ORDER BY 1, 2`,
      values,
    ),
    kinds: await db.database.query(
      `SELECT inspection_type::text AS inspection_type, step, product, max(completed_at) AS last_at, count(*)::int AS attempts FROM (${placed}) AS c GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      values,
    ),
  };
}

async function plainNames(
  column: 'step' | 'recipe',
  { from, to }: AttemptQuestion,
  after: string,
): Promise<SeenName[]> {
  return db.database.query(
    `SELECT ${column} AS name, min(completed_at) AS first_seen, max(completed_at) AS last_seen FROM inspection_attempts
      WHERE status = 'completed' AND completed_at >= $1::timestamptz AND completed_at < $2::timestamptz AND ${column} > $3
      GROUP BY 1 ORDER BY 1`,
    [from as string, to as string, after],
  );
}

async function plainSamples(asked: AttemptQuestion, sample: 'lot' | 'wafer'): Promise<object[]> {
  const { sql, where } = chosenAttempts(asked, 'unit', 'a.*');
  return db.database.query(
    `SELECT equipment_id, inspection_type::text AS inspection_type, product, count(*)::int AS units, (count(*) FILTER (WHERE result = 'pass'))::int AS passed
       FROM (${sql}) AS c WHERE equipment_id IS NOT NULL GROUP BY 1, 2, 3, lot_id${sample === 'wafer' ? ', wafer_id' : ''}`,
    where.values,
  );
}

const texts = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const eachSample = (rows: readonly EquipmentSample[]): object[] =>
  rows.flatMap(({ times, ...sample }) => Array.from({ length: times }, () => sample));

describe('questions about everything', () => {
  it('are those of the plain statements: dice under two names, late retests, changed days', async () => {
    const rounds = fc.sample(
      fc.record({
        events: fc.array(event, { minLength: 1, maxLength: 25 }),
        isSummedUp: fc.constantFrom(true, true, false),
      }),
      { numRuns: 25, seed: 20_261_128 },
    );
    const questions = fc.sample(question, { numRuns: rounds.length * 4, seed: 20_261_129 });
    const seen = { dies: 0, underTwoNames: 0, kinds: 0, names: 0, samples: 0 };
    for (const [round, { events, isSummedUp }] of rounds.entries()) {
      await storeAttempts(db.database, events);
      if (isSummedUp) {
        await sumUpDays(session, Infinity, '0');
      }
      for (const { value, lot, policies, ...filters } of questions.slice(round * 4, (round + 1) * 4)) {
        for (const policy of policies) {
          const asked = { ...filters, policy };
          const map = { ...asked, value, lot };
          const { attempts, ...expected } = await plainMap(map);
          const actual = {
            dies: await diesOf(db.database, map, 1000, undefined, round % 3 === 0),
            // Days do not know which attempts have a place.
            kinds: (await kindsOfMap(db.database, map)).map((kind, i) => ({
              ...kind,
              attempts: Math.min(kind.attempts, expected.kinds[i]?.attempts ?? 0),
            })),
          };
          expect({ round, map, ...actual }).toEqual({ round, map, ...expected });
          for (const sample of ['lot', 'wafer'] as const) {
            const samples = await samplesOfEquipment(db.database, asked, sample);
            const plain = texts(await plainSamples(asked, sample));
            expect({ round, asked, samples: texts(eachSample(samples)) }).toEqual({ round, asked, samples: plain });
            seen.samples += plain.length - samples.length;
          }
          const tested = expected.dies.reduce((sum, die) => sum + die.tested, 0);
          seen.dies += tested;
          seen.underTwoNames += attempts - tested;
          seen.kinds += expected.kinds.length;
        }
        const { from = '2025-11-01T00:00:00.000000Z', to = '2026-02-01T00:00:00.000000Z' } = filters;
        for (const [column, after] of [
          ['step', ''],
          ['recipe', ''],
          ['recipe', 'R1'],
        ] as const) {
          const names = await namesOfAttempts(db.database, column, { from, to }, after, 100);
          const plain = await plainNames(column, { from, to, policy: 'all' }, after);
          expect({ round, from, to, column, names }).toEqual({ round, from, to, column, names: plain });
          seen.names += plain.length;
        }
      }
    }
    // Otherwise the questions would be too easy.
    expect(seen.dies).toBeGreaterThan(400);
    expect(seen.underTwoNames).toBeGreaterThan(55);
    expect(seen.kinds).toBeGreaterThan(360);
    expect(seen.names).toBeGreaterThan(250);
    // Rows that stand for several samples.
    expect(seen.samples).toBeGreaterThan(160);
  }, 240_000);

  it('know whether dice went through several operations', async () => {
    await sumUpDays(session, Infinity, '0');
    const asked = { value: 'result', policy: 'last' } as const;
    expect(await isCrowdedMap(db.database, asked)).toBe(true);
    expect(await isCrowdedMap(db.database, { ...asked, inspection_type: 'thermal', step: '' })).toBe(false);
    expect(await isCrowdedMap(db.database, { ...asked, product: 'none' })).toBe(false);
  });
});
