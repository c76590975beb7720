import { randomUUID } from 'node:crypto';
import { formatTime, parseTime } from '@chip/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type InspectionDetail, type InspectionItem } from '../src/inspections/inspection-answer.ts';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

interface Page {
  items: InspectionItem[];
  next_cursor: string | null;
}
const page = async (query: string): Promise<Page> => {
  const answer = await stage.app.get<Page>(`/v1/inspections?${query}`);
  expect(answer.status).toBe(200);
  return answer.body;
};
/** All pages from the first to the last; `between` runs after each page. */
const walk = async (query: string, between: () => Promise<void> = async () => undefined): Promise<InspectionItem[]> => {
  const items: InspectionItem[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const next: Page = await page(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    items.push(...next.items);
    cursor = next.next_cursor;
    if (cursor !== null) {
      await between();
    }
  }
  return items;
};

describe('pages', () => {
  let ids: string[];
  beforeAll(async () => {
    // 60 inspections at 7 instants that differ by one microsecond, so ties cross every page edge.
    ids = await seedAttempts(
      stage.db.database,
      Array.from({ length: 60 }, (_, i) => ({
        lot_id: 'PAGES',
        chip_id: `c${i}`,
        result: 'pass' as const,
        occurred_at: `2026-03-02T08:00:00.00000${i % 7}Z`,
      })),
    );
  });

  it.each([1, 7, 20, 60, 500])(
    'of %i yield every inspection once, newest first, even among tied times',
    async (limit) => {
      const items = await walk(`lot_id=PAGES&limit=${limit}`);
      expect(items.map(({ id }) => id).sort()).toEqual([...ids].sort());
      const keys = items.map(({ created_at, id }) => `${formatTime(parseTime(created_at))} ${id}`);
      expect(keys).toEqual([...keys].sort().reverse());
    },
  );

  it.each([1, 7, 20])(
    'of %i yield every inspection once while others arrive before, at and after the cursor',
    async (limit) => {
      let n = 0;
      const items = await walk(`lot_id=PAGES&limit=${limit}`, async () => {
        if (n >= 40) {
          return;
        }
        await seedAttempts(
          stage.db.database,
          [...'123'].map((digit) => ({
            lot_id: 'PAGES',
            chip_id: `late-${limit}-${n++}`,
            result: 'fail' as const,
            occurred_at: `2026-03-02T08:00:00.00000${digit}Z`,
          })),
        );
      });
      const seen = items.map(({ id }) => id);
      expect(new Set(seen).size).toBe(seen.length);
      expect(ids.filter((id) => !seen.includes(id))).toEqual([]);
    },
  );

  it('default to 50, and end with a null cursor even when the last page is full', async () => {
    expect((await page('lot_id=PAGES')).items).toHaveLength(50);
    await seedAttempts(stage.db.database, [
      { lot_id: 'TWO', chip_id: 'a' },
      { lot_id: 'TWO', chip_id: 'b' },
    ]);
    expect((await page('lot_id=TWO&limit=2')).next_cursor).toBeNull();
    expect(await page('lot_id=NONE')).toEqual({ items: [], next_cursor: null });
  });
});

describe('filters', () => {
  beforeAll(async () => {
    await seedAttempts(stage.db.database, [
      {
        lot_id: 'F1',
        chip_id: 'a',
        result: 'pass',
        equipment_id: 'E1',
        product: 'P1',
        occurred_at: '2026-02-01T00:00:00Z',
        metadata: { kind: 'engineering', n: 5, 'a.b-c_d': true, none: null },
      },
      {
        lot_id: 'F1',
        chip_id: 'b',
        result: 'fail',
        equipment_id: 'E2',
        product: 'P1',
        wafer_id: 'W2',
        die_x: -3,
        die_y: 0,
        occurred_at: '2026-02-02T00:00:00Z',
        metadata: { kind: 'production', n: '5', nested: { kind: 'engineering' } },
      },
      {
        lot_id: 'F1',
        site: 'south',
        chip_id: 'c',
        status: 'failed',
        inspection_type: 'thermal',
        step: 'probe',
        occurred_at: '2026-02-03T00:00:00Z',
      },
    ]);
  });

  it.each([
    ['lot_id=F1', 'abc'],
    ['lot_id=F1&site=south', 'c'],
    ['lot_id=F1&status=completed', 'ab'],
    ['lot_id=F1&status=failed', 'c'],
    ['lot_id=F1&result=fail', 'b'],
    ['lot_id=F1&inspection_type=thermal', 'c'],
    ['lot_id=F1&equipment_id=E1', 'a'],
    ['lot_id=F1&product=P1', 'ab'],
    ['lot_id=F1&step=probe', 'c'],
    ['lot_id=F1&chip_id=b', 'b'],
    ['lot_id=F1&wafer_id=W2&die_x=-3&die_y=0', 'b'],
    ['lot_id=F1&wafer_id=W2&die_x=3&die_y=0', ''],
    ['lot_id=F1&wafer_id=W1', ''],
    ['lot_id=F1&from=2026-02-02T00:00:00Z', 'bc'],
    ['lot_id=F1&to=2026-02-02T00:00:00Z', 'a'],
    ['lot_id=F1&from=2026-02-02T00:00:00Z&to=2026-02-03T00:00:00Z', 'b'],
    ['metadata.kind=engineering', 'a'],
    ['metadata.n=5', 'ab'],
    ['metadata.n=5.0', 'a'],
    ['metadata.a.b-c_d=true', 'a'],
    ['metadata.none=null', 'a'],
    ['metadata.kind=production&metadata.n=5', 'b'],
    ['metadata.kind=engineering&metadata.n=6', ''],
    [`metadata.kind=${encodeURIComponent(`x"}' OR true --`)}`, ''],
    ['metadata.n=1e400', ''],
  ])('%s', async (query, chips) => {
    const { items } = await page(query);
    expect(
      items
        .map(({ chip_id }) => chip_id)
        .sort()
        .join(''),
    ).toBe(chips);
  });
});

describe('one inspection', () => {
  const events = Array.from({ length: 6 }, () => randomUUID());
  let detail: InspectionDetail;

  beforeAll(async () => {
    const at = (minute: number) => `2026-03-05T08:${String(minute).padStart(2, '0')}:00.123456Z`;
    const base = { lot_id: 'D1', chip_id: 'x', wafer_id: 'W7', die_x: -3, die_y: 4 };
    const [id] = await seedAttempts(stage.db.database, [
      // Stored in another order than that of their times.
      { ...base, step: 'probe', attempt: 9, result: 'pass', occurred_at: at(30), event_id: events[2]! },
      { ...base, step: 'probe', result: 'fail', occurred_at: at(10), event_id: events[0]!, hard_bin: 5 },
      { ...base, step: 'probe', status: 'failed', occurred_at: at(20), event_id: events[1]! },
      { ...base, step: 'probe', status: 'voided', result: 'fail', occurred_at: at(25), event_id: events[3]! },
      { ...base, step: 'final', result: 'pass', occurred_at: at(40), event_id: events[4]! },
      {
        ...base,
        step: 'final',
        status: 'in_progress',
        attempt: 2,
        completed_at: null,
        occurred_at: at(50),
        event_id: events[5]!,
      },
    ]);
    const { database } = stage.db;
    for (const event of events.slice(0, 3)) {
      await database.query(
        `INSERT INTO measurements (time, inspection_id, event_id, name, value, unit, lower_limit)
         SELECT $3, $1, $2, 'm' || n, CASE WHEN n > 1 THEN n / 4.0 END, 'nm', 0.5 FROM generate_series(1, 3) n`,
        [id!, event, at(0)],
      );
    }
    await database.query(
      `INSERT INTO defects (inspection_id, event_id, defect_no, time, class, x_um, y_um)
       SELECT $1, $2, n, $3, 'scratch', n * 1.5, 2 FROM generate_series(0, 11) n`,
      [id!, events[0]!, at(10)],
    );
    const answer = await stage.app.get<InspectionDetail>(`/v1/inspections/${id!.toUpperCase()}`);
    expect(answer.status).toBe(200);
    detail = answer.body;
  });

  it('ranks terminal attempts within their step by time, not by arrival or the number the machine gave', () => {
    expect(detail.attempts.map((a) => [a.step, a.status, a.rank, a.attempt, a.current])).toEqual([
      ['probe', 'completed', 1, null, false],
      ['probe', 'failed', 2, null, false],
      ['probe', 'voided', null, null, false],
      ['probe', 'completed', 3, 9, false],
      ['final', 'completed', 1, null, true],
      ['final', 'in_progress', null, 2, false],
    ]);
  });

  it('returns the names of the machine, numbers as numbers, and microseconds', () => {
    expect(detail).toMatchObject({
      lot_id: 'D1',
      chip_id: 'x',
      site: '',
      die_x: -3,
      created_at: '2026-03-05T08:10:00.123456Z',
    });
    expect(detail.attempts[0]).toMatchObject({ hard_bin: 5, event_id: events[0]!, event_ids: [events[0]] });
  });

  it('gives defects and measurements with the attempt they belong to; a missing value stays null', () => {
    expect(detail.measurements).toHaveLength(9);
    expect(detail.measurements.filter((m) => m.attempt_key === 'a:9')).toMatchObject([
      { name: 'm1', value: null, unit: 'nm', lower_limit: 0.5, upper_limit: null, event_id: events[2]!, step: 'probe' },
      { name: 'm2', value: 0.5 },
      { name: 'm3', value: 0.75 },
    ]);
    expect(detail.defects.map((d) => d.defect_no)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(detail.defects[2]).toMatchObject({ class: 'scratch', x_um: 3, attempt_key: `e:${events[0]}` });
  });

  it('is 404 when unknown', async () => {
    const answer = await stage.app.get(`/v1/inspections/${randomUUID()}`);
    expect([answer.status, answer.body['code']]).toEqual([404, 'not_found']);
  });
});
