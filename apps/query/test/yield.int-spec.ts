import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

interface Figures {
  key?: string | null;
  lot_id?: string;
  site?: string;
  units: number;
  passed: number;
  failed: number;
  yield: number | null;
  dppm: number | null;
  steps?: { inspection_type: string; step: string; units: number; passed: number; yield: number }[];
}
interface Yield {
  as_of: { time: string | null; positions: unknown[] };
  definition: string;
  groups: Figures[];
  totals: Figures;
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const yieldOf = async (query: string): Promise<Yield> => {
  const answer = await stage.app.get<Yield>(`/v1/yield?${query}`);
  expect(answer.status).toBe(200);
  return answer.body;
};
const counts = ({ units, passed, failed }: Figures) => [units, passed, failed];

describe('yield of retested dice', () => {
  const lot = 'lot_id=RETEST';
  const at = (hour: number) => `2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`;
  const chip = (chip_id: string, ...results: ('pass' | 'fail')[]): SeedAttempt[] =>
    results.map((result, i) => ({ lot_id: 'RETEST', chip_id, result, occurred_at: at(8 + i) }));

  beforeAll(async () => {
    await seedAttempts(stage.db.database, [
      ...chip('c1', 'pass'),
      ...chip('c2', 'fail', 'pass'),
      ...chip('c3', 'pass', 'fail'),
      ...chip('c4', 'fail', 'fail', 'pass', 'fail'),
      // The second attempt was withdrawn: the die failed.
      { lot_id: 'RETEST', chip_id: 'c5', result: 'fail', occurred_at: at(8) },
      { lot_id: 'RETEST', chip_id: 'c5', status: 'voided', result: 'pass', occurred_at: at(9) },
      // Withdrawn, never finished, could not finish: no units.
      { lot_id: 'RETEST', chip_id: 'c6', status: 'voided', result: 'pass', occurred_at: at(8) },
      { lot_id: 'RETEST', chip_id: 'c7', status: 'in_progress', attempt: 1, completed_at: null, occurred_at: at(8) },
      { lot_id: 'RETEST', chip_id: 'c8', status: 'failed', occurred_at: at(8) },
    ]);
  });

  it.each([
    ['kind=final', [5, 2, 3]],
    ['kind=final&policy=first', [5, 2, 3]],
    ['kind=final&policy=best', [5, 4, 1]],
    ['kind=final&policy=worst', [5, 1, 4]],
    ['kind=first_pass', [5, 2, 3]],
    ['kind=first_pass&policy=best', [5, 2, 3]],
    ['kind=insertion', [10, 4, 6]],
    ['policy=all', [10, 4, 6]],
  ])('%s', async (query, expected) => {
    const { totals, groups } = await yieldOf(`${lot}&${query}`);
    expect(counts(totals)).toEqual(expected);
    expect(totals.yield).toBeCloseTo(expected[1]! / expected[0]!, 12);
    expect(totals.dppm).toBeCloseTo((1e6 * expected[2]!) / expected[0]!, 6);
    expect(groups).toEqual([]);
  });

  it('fail then pass: first-pass yield is below final yield and the die counts once', async () => {
    await seedAttempts(stage.db.database, [
      { lot_id: 'TWICE', chip_id: 'a', result: 'fail', occurred_at: at(8) },
      { lot_id: 'TWICE', chip_id: 'a', result: 'pass', occurred_at: at(9) },
      { lot_id: 'TWICE', chip_id: 'b', result: 'pass', occurred_at: at(8) },
    ]);
    expect((await yieldOf('lot_id=TWICE&kind=first_pass')).totals).toEqual({
      units: 2,
      passed: 1,
      failed: 1,
      yield: 0.5,
      dppm: 500000,
    });
    expect((await yieldOf('lot_id=TWICE')).totals).toEqual({ units: 2, passed: 2, failed: 0, yield: 1, dppm: 0 });
  });

  it('orders equal times by event_id, whichever was stored first', async () => {
    const tied = (chip_id: string, ids: [string, 'pass' | 'fail'][]): SeedAttempt[] =>
      ids.map(([event_id, result]) => ({ lot_id: 'TIED', chip_id, result, event_id, occurred_at: at(8) }));
    const low = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
    const high = (n: number) => `ffffffff-0000-4000-8000-00000000000${n}`;
    await seedAttempts(stage.db.database, [
      ...tied('x', [
        [low(1), 'fail'],
        [high(1), 'pass'],
      ]),
      ...tied('y', [
        [high(2), 'pass'],
        [low(2), 'fail'],
      ]),
    ]);
    expect(counts((await yieldOf('lot_id=TIED')).totals)).toEqual([2, 2, 0]);
    expect(counts((await yieldOf('lot_id=TIED&kind=first_pass')).totals)).toEqual([2, 0, 2]);
  });

  it("the policy chooses from the unit's whole history, then the range; `to` is exclusive", async () => {
    const window = (from: number, to: number, more = '') => `${lot}&from=${at(from)}&to=${at(to)}${more}`;
    // c1 and c5 were last tested at 8, c2 and c3 at 9, c4 at 11.
    expect(counts((await yieldOf(window(8, 9))).totals)).toEqual([2, 1, 1]);
    expect(counts((await yieldOf(window(9, 10))).totals)).toEqual([2, 1, 1]);
    expect(counts((await yieldOf(window(10, 11))).totals)).toEqual([0, 0, 0]);
    expect(counts((await yieldOf(window(11, 12))).totals)).toEqual([1, 0, 1]);
    expect(counts((await yieldOf(window(8, 9, '&kind=first_pass'))).totals)).toEqual([5, 2, 3]);
    expect(counts((await yieldOf(window(9, 12, '&kind=first_pass'))).totals)).toEqual([0, 0, 0]);
    expect(counts((await yieldOf(window(10, 11, '&kind=insertion'))).totals)).toEqual([1, 1, 0]);
    expect(counts((await yieldOf(window(9, 9))).totals)).toEqual([0, 0, 0]);
    // The same instants, written in another zone.
    expect(
      counts((await yieldOf(`${lot}&from=${encodeURIComponent('2026-03-02T18:00:00+09:00')}&to=${at(10)}`)).totals),
    ).toEqual([2, 1, 1]);
  });
});

describe('groups', () => {
  beforeAll(async () => {
    const base = { lot_id: 'G1', product: 'P1', wafer_id: 'W1', equipment_id: 'E1' };
    await seedAttempts(stage.db.database, [
      // Around midnight and a month's end in UTC.
      { ...base, chip_id: '1', result: 'pass', occurred_at: '2026-04-30T23:59:59.999999Z' },
      { ...base, chip_id: '2', result: 'fail', occurred_at: '2026-05-01T00:00:00Z' },
      { ...base, chip_id: '3', result: 'fail', occurred_at: '2026-05-01T01:30:00+02:00' },
      {
        ...base,
        chip_id: '4',
        result: 'pass',
        occurred_at: '2026-05-02T08:00:00Z',
        wafer_id: 'W2',
        equipment_id: 'E2',
      },
      // A retest on another machine on the next day: its group is that of the chosen attempt.
      {
        ...base,
        chip_id: '4',
        result: 'fail',
        occurred_at: '2026-05-03T08:00:00Z',
        wafer_id: 'W2',
        equipment_id: 'E3',
      },
      // Another lot with the same wafer name, the same lot name at another site, a chip without any of the names.
      { ...base, lot_id: 'G2', chip_id: '1', result: 'pass', occurred_at: '2026-05-02T08:00:00Z' },
      {
        ...base,
        site: 'south',
        chip_id: '1',
        result: 'fail',
        occurred_at: '2026-05-02T08:00:00Z',
        inspection_type: 'thermal',
      },
      { lot_id: 'G3', chip_id: '1', result: 'pass', occurred_at: '2026-05-02T08:00:00Z' },
    ]);
  });
  const range = 'from=2026-04-01T00:00:00Z&to=2026-06-01T00:00:00Z';
  const grouped = async (by: string, more = '') =>
    (await yieldOf(`${range}&group_by=${by}${more}`)).groups.map((g) =>
      by === 'lot' || by === 'wafer' ? [g.key, g.site, g.lot_id, ...counts(g)] : [g.key, ...counts(g)],
    );

  it('day and month are UTC', async () => {
    expect(await grouped('day')).toEqual([
      ['2026-04-30', 2, 1, 1],
      ['2026-05-01', 1, 0, 1],
      ['2026-05-02', 3, 2, 1],
      ['2026-05-03', 1, 0, 1],
    ]);
    expect(await grouped('month')).toEqual([
      ['2026-04', 2, 1, 1],
      ['2026-05', 5, 2, 3],
    ]);
  });

  it('lots and wafers are kept apart by lot and site', async () => {
    expect(await grouped('lot')).toEqual([
      ['G1', '', 'G1', 4, 1, 3],
      ['G1', 'south', 'G1', 1, 0, 1],
      ['G2', '', 'G2', 1, 1, 0],
      ['G3', '', 'G3', 1, 1, 0],
    ]);
    expect(await grouped('wafer')).toEqual([
      ['W1', '', 'G1', 3, 1, 2],
      ['W1', 'south', 'G1', 1, 0, 1],
      ['W1', '', 'G2', 1, 1, 0],
      ['W2', '', 'G1', 1, 0, 1],
      [null, '', 'G3', 1, 1, 0],
    ]);
  });

  it('equipment, product and inspection type; null where the machine gave none', async () => {
    expect(await grouped('equipment')).toEqual([
      ['E1', 5, 2, 3],
      ['E3', 1, 0, 1],
      [null, 1, 1, 0],
    ]);
    expect(await grouped('product')).toEqual([
      ['P1', 6, 2, 4],
      [null, 1, 1, 0],
    ]);
    expect(await grouped('inspection_type')).toEqual([
      ['thermal', 1, 0, 1],
      ['visual', 6, 3, 3],
    ]);
  });

  it.each([
    ['lot_id=G1', [5, 1, 4]],
    ['lot_id=G1&site=south', [1, 0, 1]],
    ['site=south', [1, 0, 1]],
    // Unit 4 was tested on E2 first, and last on E3.
    ['equipment_id=E2', [0, 0, 0]],
    ['equipment_id=E2&kind=first_pass', [1, 1, 0]],
    ['equipment_id=E1&equipment_id=E3', [6, 2, 4]],
    ['lot_id=G1&lot_id=G3', [6, 2, 4]],
    ['product=P1', [6, 2, 4]],
    ['inspection_type=thermal', [1, 0, 1]],
    ['lot_id=g1', [0, 0, 0]],
    [`lot_id=${encodeURIComponent("G1' OR true --")}`, [0, 0, 0]],
  ])('filter %s', async (filter, expected) => {
    expect(counts((await yieldOf(`${range}&${filter}`)).totals)).toEqual(expected);
  });

  it('totals come from the counts, not from the groups', async () => {
    const { groups, totals } = await yieldOf(`${range}&group_by=month`);
    expect(counts(totals)).toEqual([7, 3, 4]);
    const meanOfGroups = groups.reduce((sum, g) => sum + g.yield!, 0) / groups.length;
    expect(totals.yield).toBeCloseTo(3 / 7, 12);
    expect(totals.yield).not.toBeCloseTo(meanOfGroups, 3);
  });
});

describe('rolled throughput yield', () => {
  beforeAll(async () => {
    const test = (
      chip_id: string,
      step: string,
      hour: number,
      result: 'pass' | 'fail',
      wafer_id = 'W1',
    ): SeedAttempt => ({
      lot_id: 'RTY',
      chip_id,
      step,
      result,
      wafer_id,
      occurred_at: `2026-03-04T${String(hour).padStart(2, '0')}:00:00Z`,
    });
    await seedAttempts(stage.db.database, [
      // probe: 3 of 4 pass first time; final: 2 of 3 pass first time (die 2 never gets there).
      test('1', 'probe', 8, 'pass'),
      test('2', 'probe', 8, 'fail'),
      test('3', 'probe', 8, 'pass', 'W2'),
      test('4', 'probe', 8, 'pass', 'W2'),
      test('1', 'final', 9, 'fail'),
      test('1', 'final', 10, 'pass'),
      test('3', 'final', 9, 'pass', 'W2'),
      test('4', 'final', 9, 'pass', 'W2'),
    ]);
  });

  it('is the product over steps of first-pass yields, from counts', async () => {
    const { totals, groups } = await yieldOf('lot_id=RTY&kind=rolled_throughput&group_by=wafer');
    expect(counts(totals)).toEqual([4, 2, 2]);
    expect(totals.yield).toBeCloseTo((3 / 4) * (2 / 3), 12);
    expect(totals.dppm).toBeCloseTo(500_000, 6);
    expect(totals.steps).toEqual([
      { inspection_type: 'visual', step: 'final', units: 3, passed: 2, yield: 2 / 3 },
      { inspection_type: 'visual', step: 'probe', units: 4, passed: 3, yield: 0.75 },
    ]);
    expect(groups.map((g) => [g.key, ...counts(g), g.yield])).toEqual([
      ['W1', 2, 0, 2, 0],
      ['W2', 2, 2, 0, 1],
    ]);
  });

  it('of a single step is its first-pass yield', async () => {
    expect((await yieldOf('lot_id=RTY&kind=rolled_throughput&step=probe')).totals.yield).toBe(0.75);
    expect((await yieldOf('lot_id=RTY&kind=first_pass&step=probe')).totals.yield).toBe(0.75);
  });

  it('without groups and without data', async () => {
    expect((await yieldOf('lot_id=RTY&kind=rolled_throughput')).groups).toEqual([]);
    const nothing = await yieldOf('lot_id=NONE&kind=rolled_throughput&group_by=day');
    expect(nothing.groups).toEqual([]);
    expect(nothing.totals).toEqual({ units: 0, passed: 0, failed: 0, yield: null, dppm: null, steps: [] });
  });
});

describe('answers', () => {
  it('no data is 200 with empty groups and null statistics', async () => {
    const { groups, totals } = await yieldOf('from=2001-01-01T00:00:00Z&to=2001-02-01T00:00:00Z&group_by=lot');
    expect(groups).toEqual([]);
    expect(totals).toEqual({ units: 0, passed: 0, failed: 0, yield: null, dppm: null });
  });

  it('say which yield they are', async () => {
    expect((await yieldOf('policy=worst')).definition).toMatch(/^Final yield, policy worst/);
    expect((await yieldOf('kind=insertion')).definition).toMatch(/^Insertion yield/);
    expect((await yieldOf('kind=rolled_throughput')).definition).toMatch(/^Rolled throughput/);
  });

  it('carry the positions that were applied', async () => {
    expect((await yieldOf('')).as_of).toEqual({ time: null, positions: [] });
    await stage.db.database.query(
      `INSERT INTO stream_positions (source_topic, source_partition, next_offset, append_time, accepted_offset, origin_offset)
       VALUES ('inspection.results.v1', 1, 42, '2026-03-02T09:00:00.25Z', 3, 0), ('inspection.results.v1', 0, 9007199254740991, NULL, 3, 0)`,
    );
    expect((await yieldOf('')).as_of).toEqual({
      time: '2026-03-02T09:00:00.25Z',
      positions: [
        { topic: 'inspection.results.v1', partition: 0, next_offset: 9007199254740991 },
        { topic: 'inspection.results.v1', partition: 1, next_offset: 42 },
      ],
    });
  });
});
