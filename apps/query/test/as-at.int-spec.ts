/** What was known at an earlier time: retests, corrections and withdrawals that came later do not count. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
/** Times between what happens, as the database has them. */
const times: string[] = [];

const tick = async (): Promise<void> => {
  const [row] = await stage.db.database.query<{ at: string }>(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
  );
  times.push(row!.at);
};
/** Stores attempts with their events in the ledger, as the writer does in one transaction. */
const receive = async (...attempts: SeedAttempt[]): Promise<void> => {
  const events = attempts.map((attempt) => ({ event_id: randomUUID(), ...attempt }));
  await seedAttempts(stage.db.database, events);
  await stage.db.database.query(
    `INSERT INTO inspection_events (event_id, content_hash, inspection_id, step, attempt_key, source_topic, source_partition, source_offset)
     SELECT event_id, '\\x00', inspection_id, step, attempt_key, 't', 0, 0 FROM inspection_attempts WHERE event_id = ANY ($1::uuid[])`,
    [events.map(({ event_id }) => event_id)],
  );
};
/** A later event changes the attempt of a chip. */
const change = async (chip: string, attempt: string, set: string): Promise<void> => {
  const event = randomUUID();
  await stage.db.database.query(
    `WITH changed AS (
       UPDATE inspection_attempts a SET ${set}, event_ids = array_append(a.event_ids, $1::uuid)
         FROM inspections i WHERE i.id = a.inspection_id AND i.chip_id = $2 AND a.attempt_key = $3
       RETURNING a.inspection_id, a.step, a.attempt_key
     )
     INSERT INTO inspection_events (event_id, content_hash, inspection_id, step, attempt_key, source_topic, source_partition, source_offset)
     SELECT $1, '\\x00', inspection_id, step, attempt_key, 't', 0, 0 FROM changed`,
    [event, chip, attempt],
  );
};
const die = (
  chip_id: string,
  attempt: number,
  result: 'pass' | 'fail',
  more: Partial<SeedAttempt> = {},
): SeedAttempt => ({
  chip_id,
  attempt,
  result,
  wafer_id: 'W',
  die_x: Number(chip_id),
  die_y: 0,
  hard_bin: result === 'pass' ? 1 : 9,
  occurred_at: `2026-03-02T0${7 + attempt}:00:00Z`,
  ...more,
});

beforeAll(async () => {
  stage = await openStage();
  await receive(die('1', 1, 'fail'), die('2', 1, 'pass'), die('3', 1, 'fail'));
  await tick();
  // A retest, and a chip that nobody knew of before.
  await receive(die('1', 2, 'pass'), die('4', 1, 'pass'));
  await tick();
  // The first result of chip 3 was wrong; the retest of chip 1 is withdrawn.
  await change('3', 'a:1', `result = 'pass', hard_bin = 1`);
  await change('1', 'a:2', `status = 'voided', result = NULL`);
  await tick();
  // A late event that changes no verdict.
  await change('2', 'a:1', `recipe = 'R'`);
  await stage.db.database.query(
    `INSERT INTO wafers (id, lot_id, wafer_id) SELECT gen_random_uuid(), id, 'W' FROM lots`,
  );
});
afterAll(() => stage.end());

const figures = async (query: string): Promise<[number, number]> => {
  const { status, body } = await stage.app.get<{ totals: { units: number; passed: number } }>(`/v1/yield?${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return [body.totals.units, body.totals.passed];
};

it('yield of each kind', async () => {
  const kinds = ['final', 'first_pass', 'insertion', 'rolled_throughput'];
  const expected: Record<string, [number, number][]> = {
    // Per time: units, passed.
    final: [
      [3, 1],
      [4, 3],
      [4, 3],
    ],
    first_pass: [
      [3, 1],
      [4, 2],
      [4, 3],
    ],
    insertion: [
      [3, 1],
      [5, 3],
      [4, 3],
    ],
    rolled_throughput: [
      [3, 1],
      [4, 2],
      [4, 3],
    ],
  };
  for (const kind of kinds) {
    const seen: [number, number][] = [];
    for (const time of times) {
      seen.push(await figures(`kind=${kind}&as_at=${time}`));
    }
    expect([kind, seen]).toEqual([kind, expected[kind]]);
    // What is known now is what the last of these times knew.
    expect([kind, await figures(`kind=${kind}`)]).toEqual([kind, expected[kind]!.at(-1)]);
  }
});

it('maps and bins', async () => {
  const dies: unknown[] = [];
  for (const time of times) {
    const { body } = await stage.app.get<{ dies: unknown[] }>(`/v1/lots/LOT1/wafers/W/map?as_at=${time}`);
    dies.push(body.dies);
    const { body: bins } = await stage.app.get<{ groups: { key: number; passed: number }[] }>(
      `/v1/bins/pareto?as_at=${time}`,
    );
    const passed = bins.groups.reduce((sum, bar) => sum + bar.passed, 0);
    expect(passed).toBe((body.dies as [number, number, string][]).filter(([, , value]) => value === 'pass').length);
  }
  expect(dies).toEqual([
    [
      [1, 0, 'fail'],
      [2, 0, 'pass'],
      [3, 0, 'fail'],
    ],
    [
      [1, 0, 'pass'],
      [2, 0, 'pass'],
      [3, 0, 'fail'],
      [4, 0, 'pass'],
    ],
    [
      [1, 0, 'fail'],
      [2, 0, 'pass'],
      [3, 0, 'pass'],
      [4, 0, 'pass'],
    ],
  ]);
});

it('is said in the definition', async () => {
  const { body } = await stage.app.get<{ definition: string }>(`/v1/yield?as_at=${times[0]}`);
  expect(body.definition).toContain(`As known at ${times[0]}`);
});

it.each([
  ['2020-01-01T00:00:00Z', /what was known before is not kept/],
  ['2999-01-01T00:00:00Z', /has passed/],
])('a time like %s is refused', async (time, message) => {
  const { status, body } = await stage.app.get<{ errors: { parameter: string; message: string }[] }>(
    `/v1/yield?as_at=${time}`,
  );
  expect([status, body.errors]).toEqual([400, [{ parameter: 'as_at', message: expect.stringMatching(message) }]]);
});

it('a correction of a row without an event is no new knowledge', async () => {
  const { database } = stage.db;
  const count = async () => (await database.query<{ n: number }>('SELECT count(*) AS n FROM former_attempts'))[0]!.n;
  const before = await count();
  await database.query(`UPDATE inspection_attempts SET recipe = 'other'`);
  expect(await count()).toBe(before);
  expect(await figures(`as_at=${times[0]}`)).toEqual([3, 1]);
});
