import { expect, it } from '@jest/globals';
import { type Database } from '@chip/persistence';
import { type Pools } from './pools.ts';
import { type Snapshots } from './snapshots.ts';
import { StreamDatabases } from './stream-databases.ts';

it.each([
  ['2026-03-02T08:00:00Z', '2026-03-02T08:00:00.5Z'],
  ['2026-03-02T08:00:00.12Z', '2026-03-02T08:00:00.123456Z'],
])('the answers of two databases are as of the later time: %s, %s', async (earlier, later) => {
  const at = (time: string): Snapshots =>
    ({ answer: () => Promise.resolve({ as_of: { time, positions: [] }, answer: time }) }) as unknown as Snapshots;
  const database = {} as Database;
  const telemetry = { of: () => database } as unknown as Pools;
  const databases = new StreamDatabases(at(earlier), at(later), database, telemetry);
  const { as_of, answers } = await databases.answers(() => Promise.resolve(''));
  expect(answers).toEqual([earlier, later]);
  expect(as_of.time).toBe(later);
});
