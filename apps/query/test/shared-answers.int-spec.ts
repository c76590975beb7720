import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKey, LoadSession } from '@chip/persistence';
import { waitFor } from '@chip/testing';
import { Registry } from 'prom-client';
import { type Answer, openStage, QueryApp, type Stage } from './query-app.ts';
import { seedAttempts } from './seed.ts';

const LOTS = '/v1/lots?limit=50';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ DATABASE_POOL_MAX: 8 });
  await seedAttempts(stage.db.database, [
    { site: 'A', lot_id: 'L1', chip_id: '1', result: 'pass' },
    { site: 'B', lot_id: 'L2', chip_id: '1', result: 'pass' },
  ]);
});
afterAll(() => stage.end());

type Lots = Answer<{ items: { lot_id: string }[] }>;
const lotsOf = ({ body }: Lots): string =>
  body.items
    .map((item) => item.lot_id)
    .sort()
    .join();

/** Requests answered by the computation of another one, so far. */
async function sharedSoFar(app = stage.app): Promise<number> {
  const counter = app.app.get(Registry).getSingleMetric('chip_query_shared_answers_total');
  const { values } = await counter!.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

/** While `work` runs, nobody reads the table, and each who wants to shows in the database. */
const withLotsLocked = <T>(work: (lock: Lock) => Promise<T>): Promise<T> => withLocked('lots', work);
async function withLocked<T>(table: string, work: (lock: Lock) => Promise<T>): Promise<T> {
  const session = await LoadSession.open({ url: stage.db.url, applicationName: 'chip-test' });
  try {
    await session.begin();
    await session.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    return await work({
      release: () => session.rollback(),
      sessions: (number) =>
        waitFor(async () => {
          const waiting = `SELECT count(*)::int AS n FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`;
          return (await session.query<{ n: number }>(waiting))[0]?.n === number;
        }),
    });
  } finally {
    await session.close();
  }
}
interface Lock {
  release(): Promise<unknown>;
  /** Resolves when so many sessions wait for it. */
  sessions(number: number): Promise<unknown>;
}

/** Sends requests, and waits until each is where it can share an answer; without access control nothing lies before that. */
async function arrived(number: number, init: RequestInit = {}, path = LOTS): Promise<Promise<Lots>[]> {
  let requests = 0;
  const server = stage.app.app.getHttpServer();
  const count = () => requests++;
  server.on('request', count);
  const answers = Array.from({ length: number }, () => stage.app.get<Lots['body']>(path, init));
  await waitFor(() => requests === number, Boolean, { intervalMs: 1 });
  server.off('request', count);
  await nextTurn();
  await nextTurn();
  return answers;
}

describe('requests for the same', () => {
  it('are answered by one computation where two are running, with tags and conditions of their own', async () => {
    const before = await sharedSoFar();
    const tag = (await stage.app.get(LOTS)).headers.get('etag')!;
    const [runs, [known], others] = await withLotsLocked(async (lock) => {
      const running = await arrived(2);
      await lock.sessions(2);
      const conditional = await arrived(1, { headers: { 'if-none-match': tag } });
      const waiting = await arrived(6);
      await lock.release();
      return [await Promise.all(running), await Promise.all(conditional), await Promise.all(waiting)] as const;
    });
    // Of the seven that waited, the first has computed for the others.
    expect((await sharedSoFar()) - before).toBe(6);
    expect([...runs, ...others].map(lotsOf)).toEqual(Array<string>(8).fill('L1,L2'));
    const headers = (answer: Answer) =>
      ['content-type', 'cache-control', 'etag', 'vary', 'x-content-type-options'].map((name) =>
        answer.headers.get(name),
      );
    expect(new Set(others.map((answer) => JSON.stringify([answer.status, headers(answer), answer.body]))).size).toBe(1);
    expect(headers(others[0]!)).toEqual(headers(runs[0]!));
    expect([known!.status, known!.body]).toEqual([304, '']);
  });

  it('see what was stored before they came, although others were running already', async () => {
    const units = async (answers: readonly Promise<Answer<unknown>>[]): Promise<number[]> =>
      (await Promise.all(answers)).map(({ body }) => (body as { totals: { units: number } }).totals.units);
    const [before, after] = await withLocked('yield_daily_base', async (lock) => {
      const running = await arrived(2, {}, '/v1/yield');
      await lock.sessions(2);
      await seedAttempts(stage.db.database, [{ site: 'A', lot_id: 'L1', chip_id: '2', result: 'pass' }]);
      const waiting = await arrived(4, {}, '/v1/yield');
      await lock.release();
      return [await units(running), await units(waiting)];
    });
    expect([before, after]).toEqual([
      [2, 2],
      [3, 3, 3, 3],
    ]);
  });

  it('wait for no client that has gone', async () => {
    const answers = await withLotsLocked(async (lock) => {
      const running = await arrived(2);
      await lock.sessions(2);
      const leaving = new AbortController();
      const [gone] = await arrived(1, { signal: leaving.signal });
      const waiting = await arrived(2);
      leaving.abort();
      await expect(gone).rejects.toThrow();
      await lock.release();
      return Promise.all([...running, ...waiting]);
    });
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('are not those that accept something else, or ask with other parameters', async () => {
    const before = await sharedSoFar();
    const [sql, limited] = await withLotsLocked(async (lock) => {
      const running = await arrived(2);
      await lock.sessions(2);
      const asSql = await arrived(1, { headers: { accept: 'application/sql' } });
      await lock.sessions(3);
      const other = await arrived(1, {}, '/v1/lots?limit=1');
      await lock.sessions(4);
      await lock.release();
      await Promise.all(running);
      return [...(await Promise.all(asSql)), ...(await Promise.all(other))];
    });
    expect(sql!.type).toContain('application/sql');
    expect(limited!.body.items).toHaveLength(1);
    expect((await sharedSoFar()) - before).toBe(0);
  });
});

describe('callers with other limits', () => {
  it('never share an answer', async () => {
    const keyOf = async (sites: string[] | null): Promise<string> =>
      (
        await createKey(
          stage.db.database,
          { name: 'test', role: 'viewer', scopes: [], sites, products: null, expires_at: null },
          { by: 'test', reason: 'a test' },
        )
      ).key;
    const app = await QueryApp.start(stage.db.url, { AUTH_MODE: 'keys', DATABASE_POOL_MAX: 8 });
    try {
      const [all, ofA] = [await keyOf(null), await keyOf(['A'])];
      const ask = (key: string) => app.get<Lots['body']>(LOTS, { headers: { authorization: `Bearer ${key}` } });
      const answers = await withLotsLocked(async (lock) => {
        const asked = [ask(all), ask(all)];
        await lock.sessions(2);
        asked.push(ask(ofA));
        await lock.sessions(3);
        asked.push(ask(ofA));
        await lock.sessions(4);
        asked.push(ask(all), ask(ofA));
        await lock.release();
        return Promise.all(asked);
      });
      const everything = lotsOf(await ask(all));
      expect(everything).toContain('L2');
      const [first, second, third, fourth, fifth, sixth] = answers.map(lotsOf);
      expect([first, second, fifth]).toEqual([everything, everything, everything]);
      expect([third, fourth, sixth]).toEqual(['L1', 'L1', 'L1']);
    } finally {
      await app.stop();
    }
  });
});
