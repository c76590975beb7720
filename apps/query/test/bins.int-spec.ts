import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  const die = (chip_id: string, result: 'pass' | 'fail', hard_bin: number | undefined, soft_bin: number, hour = 8) => ({
    lot_id: 'B1',
    chip_id,
    result,
    soft_bin,
    ...(hard_bin === undefined ? {} : { hard_bin }),
    occurred_at: `2026-03-02T0${hour}:00:00Z`,
  });
  await seedAttempts(stage.db.database, [
    die('1', 'pass', 1, 1),
    die('2', 'pass', 1, 2),
    die('3', 'fail', 10, 100),
    die('4', 'fail', 9, 90),
    // Retested: bin 5, then bin 1.
    die('5', 'fail', 5, 50),
    die('5', 'pass', 1, 1, 9),
    die('6', 'fail', undefined, 90),
  ]);
});
afterAll(() => stage.end());

describe('bin Pareto', () => {
  it.each([
    [
      '',
      [
        [1, 3, 3],
        [9, 1, 0],
        [10, 1, 0],
      ],
      5,
      1,
    ],
    [
      'policy=first',
      [
        [1, 2, 2],
        [5, 1, 0],
        [9, 1, 0],
        [10, 1, 0],
      ],
      5,
      1,
    ],
    [
      'policy=worst',
      [
        [1, 2, 2],
        [5, 1, 0],
        [9, 1, 0],
        [10, 1, 0],
      ],
      5,
      1,
    ],
    [
      'bin=soft',
      [
        [1, 2, 2],
        [90, 2, 0],
        [2, 1, 1],
        [100, 1, 0],
      ],
      6,
      0,
    ],
    [
      'policy=all',
      [
        [1, 3, 3],
        [5, 1, 0],
        [9, 1, 0],
        [10, 1, 0],
      ],
      6,
      1,
    ],
    [
      'result=fail&bin=soft',
      [
        [90, 2, 0],
        [100, 1, 0],
      ],
      3,
      0,
    ],
    ['lot_id=NONE', [], 0, 0],
  ])('%s', async (query, bars, count, without_bin) => {
    const { status, body } = await stage.app.get<{ groups: Record<string, number>[]; totals: object }>(
      `/v1/bins/pareto?${query}`,
    );
    expect(status).toBe(200);
    expect(body.groups.map((bar) => [bar['key'], bar['count'], bar['passed']])).toEqual(bars);
    expect(body.totals).toEqual({ count, without_bin });
    if (bars.length > 0) {
      expect(body.groups.at(-1)!['cumulative_share']).toBe(1);
    }
  });
});
