import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalSettings } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import fc from 'fast-check';
import { ATTEMPT_GROUPS, isPlainGroup } from '../src/attempts/attempt-groups.ts';
import { type AttemptPolicy, type AttemptQuestion } from '../src/attempts/chosen-attempts.ts';
import { samplesOfEquipment } from '../src/equipment/lot-yields.sql.ts';
import { type CountedYield } from '../src/yield/yield-counts.ts';
import { summaryDays, yieldCountsOfSummary } from '../src/yield/yield-summary.sql.ts';
import { limitedTo } from '../src/sql/snapshots.ts';
import { yieldCountsOfAttempts } from '../src/yield/yield.sql.ts';
import {
  changedAttempt,
  instantWithin,
  rangeBetween,
  storeAttempts,
  storeUnits,
  twoPolicies,
} from './random-attempts.ts';

const UNITS = 40;
const DAY_MS = 86_400_000;
const instant = instantWithin(60);
const change = fc.record(changedAttempt(UNITS, instant, '2025-12-20T12:00:00.000000Z'));
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

type Asked = Omit<AttemptQuestion, 'policy'>;
const question: fc.Arbitrary<{ asked: Asked; policies: AttemptPolicy[] }> = fc
  .record({
    from: fc.option(instant, { nil: undefined }),
    to: fc.option(instant, { nil: undefined }),
    group_by: fc.option(fc.constantFrom(...ATTEMPT_GROUPS.filter(isPlainGroup)), { nil: undefined }),
    filter: fc.constantFrom<Asked>(
      {},
      {},
      { equipment_id: 'E1' },
      { product: 'P2' },
      { lot_id: 'L1' },
      { site: 'south' },
      { lot_id: 'L1', site: 'south', equipment_id: 'E2' },
      { lot_id: ['L1', 'L2'], site: ['south'] },
      { equipment_id: ['E1', 'E2'] },
      { inspection_type: 'thermal' },
      { lot_id: 'none' },
    ),
    policies: twoPolicies,
  })
  .map(({ from, to, group_by, filter, policies }) => ({
    asked: { ...filter, group_by, ...rangeBetween({ from, to }) },
    policies,
  }));

/** The week of its Thursday, whose year it belongs to (ISO 8601). */
function isoWeek(time: string): string {
  const midnight = Date.parse(time.slice(0, 10));
  const thursday = new Date(midnight + (3 - ((new Date(midnight).getUTCDay() + 6) % 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

describe('yield from the summaries', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    // One more than have attempts.
    await storeUnits(db.database, UNITS + 1);
  });
  afterAll(() => db.drop());

  interface Stored {
    unit: string;
    site: string;
    lot_id: string;
    inspection_type: string;
    equipment_id: string | null;
    product: string | null;
    step: string | null;
    passed: boolean;
    completed_at: string;
    place: [occurred: number, number: number, event: string];
  }
  const stored = (): Promise<Stored[]> =>
    db.database.query<Stored>(
      `SELECT a.inspection_id AS unit, l.site, l.lot_id, a.inspection_type::text AS inspection_type, a.equipment_id, a.product, nullif(a.step, '') AS step, a.result = 'pass' AS passed,
              to_char(a.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS completed_at,
              json_build_array(extract(epoch FROM a.occurred_at), coalesce(a.attempt_no, 0), a.event_id) AS place
         FROM inspection_attempts a JOIN lots l ON l.id = a.lot_id WHERE a.status = 'completed'`,
    );

  /** The definition written out again: a unit's attempt from its whole history, then range and filters. */
  const countedByHand = (attempts: readonly Stored[], asked: Asked, policy: AttemptPolicy): Stored[] => {
    const units = new Map<string, Stored[]>();
    for (const attempt of attempts) {
      units.set(attempt.unit, [...(units.get(attempt.unit) ?? []), attempt]);
    }
    const later = (a: Stored, b: Stored): Stored => {
      const i = a.place.findIndex((part, n) => part !== b.place[n]);
      return a.place[i]! > b.place[i]! ? a : b;
    };
    const earlier = (a: Stored, b: Stored): Stored => (later(a, b) === a ? b : a);
    const choose = (own: Stored[]): Stored[] => {
      const wanted = own.filter(({ passed }) => passed === (policy === 'best'));
      switch (policy) {
        case 'all':
          return own;
        case 'first':
          return [own.reduce(earlier)];
        case 'last':
          return [own.reduce(later)];
        default:
          return [(wanted.length > 0 ? wanted : own).reduce(later)];
      }
    };
    const matches = (given: string | readonly string[] | undefined, value: string | null): boolean =>
      given === undefined || (value !== null && [given].flat().includes(value));
    return [...units.values()]
      .flatMap(choose)
      .filter(
        (a) =>
          (asked.from === undefined || a.completed_at >= asked.from) &&
          (asked.to === undefined || a.completed_at < asked.to) &&
          (['site', 'lot_id', 'equipment_id', 'product', 'inspection_type'] as const).every((name) =>
            matches(asked[name], a[name]),
          ),
      );
  };
  const byHand = (attempts: readonly Stored[], asked: Asked, policy: AttemptPolicy): object => {
    const counted = countedByHand(attempts, asked, policy);
    const keyOf = (a: Stored): (string | null)[] => {
      switch (asked.group_by) {
        case 'hour':
          return [a.completed_at.slice(0, 13)];
        case 'day':
          return [a.completed_at.slice(0, 10)];
        case 'week':
          return [isoWeek(a.completed_at)];
        case 'month':
          return [a.completed_at.slice(0, 7)];
        case 'lot':
          return [a.lot_id, a.site];
        case 'equipment':
          return [a.equipment_id];
        case 'product':
          return [a.product];
        case 'inspection_type':
          return [a.inspection_type];
        case 'step':
          return [a.step];
        case 'recipe':
          return [null];
        case 'site':
          return [a.site];
        default:
          return [];
      }
    };
    const sums = (of: Stored[]): [number, number] => [of.length, of.filter(({ passed }) => passed).length];
    const groups: Record<string, [number, number]> = {};
    for (const key of new Set(counted.map((a) => JSON.stringify(keyOf(a))))) {
      groups[key] = sums(counted.filter((a) => JSON.stringify(keyOf(a)) === key));
    }
    const inspectionTypes = [...new Set(counted.map((a) => a.inspection_type))].sort();
    return { groups: asked.group_by === undefined ? {} : groups, total: sums(counted), inspectionTypes };
  };
  /** Samples of the comparison of equipment: lots with the same numbers are one. */
  const samplesByHand = (attempts: readonly Stored[], asked: Asked, policy: AttemptPolicy): string[] => {
    const lots = new Map<string, [units: number, passed: number]>();
    for (const a of countedByHand(attempts, asked, policy)) {
      const key = JSON.stringify([a.equipment_id, a.inspection_type, a.product, a.site, a.lot_id]);
      const [units, passed] = lots.get(key) ?? [0, 0];
      lots.set(key, [units + 1, passed + Number(a.passed)]);
    }
    return [...lots]
      .map(([key, sums]) => [...(JSON.parse(key) as unknown[]).slice(0, 3), ...sums])
      .filter(([equipment]) => equipment !== null)
      .map((sample) => JSON.stringify(sample))
      .sort();
  };
  const asCounts = ({ groups, total, inspectionTypes }: CountedYield, asked: Asked): object => ({
    groups: Object.fromEntries(
      (asked.group_by === undefined ? [] : groups).map((g) => [
        JSON.stringify(asked.group_by === 'lot' ? [g.key, g.site] : [g.key]),
        [g.units, g.passed],
      ]),
    ),
    total: [total.units, total.passed],
    inspectionTypes,
  });

  it('equals the yield from the attempts and by hand, for every range, filter, group and policy, whatever late retest or withdrawal comes', async () => {
    // Eight faults that were put into the product to see when showed by the sixth round.
    const histories = fc.sample(fc.array(change, { minLength: 1, maxLength: 12 }), { numRuns: 20, seed: 20_251_201 });
    const questions = fc.sample(question, { numRuns: histories.length * 15, seed: 20_260_120 });
    let compared = 0;
    let withUnits = 0;
    for (const [round, changes] of histories.entries()) {
      await storeAttempts(db.database, changes);
      if (round % 7 === 3) {
        await db.database.query('SELECT fold_yield(30)');
      }
      const attempts = await stored();
      for (const { asked, policies } of questions.slice(round * 15, (round + 1) * 15)) {
        for (const policy of policies) {
          const ofAttempts = await yieldCountsOfAttempts(db.database, { ...asked, policy });
          if (asked.group_by !== 'wafer') {
            const expected = byHand(attempts, asked, policy);
            expect({ asked, policy, counts: asCounts(ofAttempts, asked) }).toEqual({ asked, policy, counts: expected });
          }
          const days = summaryDays({ ...asked, policy });
          if (days === undefined) {
            continue;
          }
          const ofSummary = await yieldCountsOfSummary(db.database, { ...asked, policy }, days);
          // Without groups, all attempts form one group, if there are any.
          const groups = asked.group_by === undefined ? [] : ofAttempts.groups;
          expect({
            asked,
            policy,
            answer: { ...ofSummary, groups: asked.group_by === undefined ? [] : ofSummary.groups },
          }).toEqual({
            asked,
            policy,
            answer: { ...ofAttempts, groups },
          });
          const samples = await samplesOfEquipment(db.database, { ...asked, policy }, 'lot');
          expect({
            asked,
            policy,
            samples: samples
              .flatMap(({ equipment_id, inspection_type, product, units, passed, times }) =>
                Array<string>(times).fill(JSON.stringify([equipment_id, inspection_type, product, units, passed])),
              )
              .sort(),
          }).toEqual({ asked, policy, samples: samplesByHand(attempts, asked, policy) });
          compared++;
          if (ofAttempts.total.units > 0) {
            withUnits++;
          }
        }
      }
    }
    // Otherwise the questions would be too easy.
    expect(compared).toBeGreaterThan(366);
    expect(withUnits).toBeGreaterThan(266);
    const [{ single, twice }] = (await db.database.query(
      `SELECT count(*) FILTER (WHERE n = 1) AS single, count(*) FILTER (WHERE n > 1) AS twice
         FROM (SELECT count(*) AS n FROM inspection_attempts WHERE status = 'completed' GROUP BY inspection_id) AS unit`,
    )) as [{ single: number; twice: number }];
    expect(single).toBeGreaterThan(2);
    expect(twice).toBeGreaterThan(10);
  }, 120_000);

  it('follows a correction of the attempt that is left after the other one was withdrawn', async () => {
    const first: Change = {
      // No other test touches this unit.
      unit: UNITS,
      attempt: 1,
      step: '',
      status: 'completed',
      result: 'fail',
      occurred_at: '2026-02-10T08:00:00Z',
      completed_at: '2026-02-10T08:00:00Z',
      equipment_id: null,
      product: null,
      event_id: randomUUID(),
      attempt_no: null,
    };
    const asked: AttemptQuestion = { policy: 'last', from: '2026-02-01T00:00:00.000000Z', group_by: 'month' };
    await storeAttempts(db.database, [first, { ...first, attempt: 2, completed_at: '2026-02-11T08:00:00Z' }]);
    await storeAttempts(db.database, [{ ...first, attempt: 2, status: 'voided' }]);
    await storeAttempts(db.database, [{ ...first, result: 'pass', completed_at: '2026-03-10T08:00:00Z' }]);
    expect(await yieldCountsOfSummary(db.database, asked, summaryDays(asked)!)).toEqual({
      groups: [{ group_count: 1, total: false, key: '2026-03', site: null, lot_id: null, units: 1, passed: 1 }],
      total: { group_count: 1, total: true, key: null, site: null, lot_id: null, units: 1, passed: 1 },
      inspectionTypes: ['visual'],
    });
  });

  it('copies attempts of units that were tested more than once, and no others', async () => {
    const copies =
      'SELECT inspection_id, step, attempt_key, result, completed_at, event_id FROM yield_retests ORDER BY 1, 2, 3';
    expect(await db.database.query(copies)).toEqual(
      await db.database.query(
        `SELECT inspection_id, step, attempt_key, result, completed_at, event_id FROM inspection_attempts
          WHERE status = 'completed' AND inspection_id IN (SELECT inspection_id FROM yield_retests) ORDER BY 1, 2, 3`,
      ),
    );
    expect(
      await db.database.query(
        `SELECT inspection_id FROM inspection_attempts WHERE status = 'completed' GROUP BY 1 HAVING count(*) > 1
         EXCEPT SELECT inspection_id FROM yield_retests`,
      ),
    ).toEqual([]);
  });

  it('counts tested units even after retention deleted the attempts', async () => {
    const asked: AttemptQuestion = {
      policy: 'first',
      from: '2025-12-01T00:00:00.000000Z',
      to: '2026-02-01T00:00:00.000000Z',
      group_by: 'month',
    };
    const days = summaryDays(asked)!;
    const before = await yieldCountsOfSummary(db.database, asked, days);
    await db.database.query(
      `UPDATE retention_settings SET keep = INTERVAL '1 day' WHERE table_name = 'inspection_attempts'`,
    );
    // Retention keeps the current attempt of each inspection, which the load writes there.
    await db.database.query(
      `UPDATE inspections i SET step = a.step, attempt_key = a.attempt_key FROM (SELECT DISTINCT ON (inspection_id) * FROM inspection_attempts
         WHERE status = 'completed' ORDER BY inspection_id, occurred_at DESC, event_id DESC) a WHERE a.inspection_id = i.id`,
    );
    const [{ removed }] = (await db.database.query(`SELECT apply_retention('inspection_attempts') AS removed`)) as [
      { removed: number },
    ];
    expect(removed).toBeGreaterThan(10);
    expect(await yieldCountsOfAttempts(db.database, asked)).not.toEqual(before);
    expect(await yieldCountsOfSummary(db.database, asked, days)).toEqual(before);
  });

  describe('of a unit that was tested as another product later', () => {
    const asked: AttemptQuestion = { policy: 'last', from: '2026-04-01T00:00:00.000000Z' };
    const counted = (settings: LocalSettings): Promise<number> =>
      db.database.withSnapshot(
        async (snapshot) => (await yieldCountsOfSummary(snapshot, asked, summaryDays(asked)!)).total.units,
        settings,
      );
    beforeAll(async () => {
      const [one] = fc.sample(change, { numRuns: 1, seed: 1 }) as [Change];
      await storeAttempts(
        db.database,
        ['P1', 'P2'].map((product, i) => ({
          ...one,
          unit: 1,
          step: 'other',
          attempt: i + 1,
          status: 'completed',
          product,
          attempt_no: null,
          occurred_at: `203${i}-01-01T00:00:00Z`,
          completed_at: asked.from,
          event_id: randomUUID(),
        })),
      );
    });

    it('counts the earlier attempt for a caller who does not see the later one', async () => {
      expect(await counted([])).toBe(1);
      expect(await counted(limitedTo({ sites: ['south'], products: null }))).toBe(1);
      expect(await counted(limitedTo({ sites: ['elsewhere'], products: null }))).toBe(0);
      expect(await counted(limitedTo({ sites: null, products: ['P1'] }))).toBe(1);
      expect(await counted(limitedTo({ sites: null, products: ['P1', 'P2'] }))).toBe(1);
    });

    it('compares attempts where the script of an earlier version left out what the sums count of them', async () => {
      await db.database.query('CREATE SCHEMA of_cells');
      for (const table of ['inspection_attempts', 'yield_daily_base', 'yield_delta']) {
        const columns =
          table === 'inspection_attempts'
            ? '*'
            : `day, inspection_type, product, equipment_id, lot_id, units, passed, insertions, insertions_passed`;
        await db.database.query(`CREATE VIEW of_cells.${table} AS SELECT ${columns} FROM public.${table}`);
      }
      expect(await counted([['search_path', 'of_cells, public']])).toBe(1);
      await db.database.query('DROP SCHEMA of_cells CASCADE');
    });
  });

  it.each([
    ['a range inside a day', { from: '2026-01-20T01:00:00.000000Z', to: '2026-01-20T23:00:00.000000Z' }, undefined],
    ['parts of two days', { from: '2026-01-20T01:00:00.000000Z', to: '2026-01-21T23:00:00.000000Z' }, undefined],
    ['an empty range', { from: '2026-01-20T00:00:00.000000Z', to: '2026-01-20T00:00:00.000000Z' }, undefined],
    ['a step', { step: 'probe' }, undefined],
    ['a recipe', { recipe: 'R' }, undefined],
    ['wafers', { group_by: 'wafer' }, undefined],
    ['everything', {}, { first: undefined, end: undefined }],
    [
      'a day',
      { from: '2026-01-20T00:00:00.000000Z', to: '2026-01-21T00:00:00.000000Z' },
      { first: '2026-01-20', end: '2026-01-21' },
    ],
    [
      'a day and parts of its neighbours',
      { from: '2025-12-30T23:59:59.999999Z', to: '2026-01-01T00:00:00.000001Z' },
      { first: '2025-12-31', end: '2026-01-01' },
    ],
    ['the end of time', { from: '9999-12-31T00:00:00.000001Z' }, undefined],
  ] as const)('has whole days for %s where there are any', (_, asked, days) => {
    expect(summaryDays({ ...asked, policy: 'last' })).toEqual(days);
  });
});
