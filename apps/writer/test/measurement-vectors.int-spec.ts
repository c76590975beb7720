/** Measurements of events come back through the view `measurements` as they were sent, whatever they are. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcceptedInspection, type Measurement } from '@chip/contracts';
import { anyCharacter } from '@chip/contracts/testing';
import { LoadSession } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import fc from 'fast-check';
import { InspectionLoader } from '../src/loaders/inspection/inspection-loader.ts';
import { inspectionBlock, withIdentities } from './inspection-block.ts';

let db: TestDatabase;
let session: LoadSession;
beforeAll(async () => {
  db = await createTestDatabase();
  session = await LoadSession.open({ url: db.url, applicationName: 'test' });
}, 300_000);
afterAll(async () => {
  await session.close();
  await db.drop();
}, 300_000);

let events = 0;
const event = (measurements: Measurement[] | undefined): AcceptedInspection => {
  const number = ++events;
  const [lot_id, chip_id] = [`LOT${number % 5}`, `C${number}`];
  const fields = { event_id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, run_id: `R${number}` };
  return withIdentities({
    site: '',
    lot_id,
    chip_id,
    inspection_type: 'electrical',
    status: 'completed',
    result: 'pass',
    occurred_at: `2026-0${1 + (number % 6)}-01T00:00:00.000001Z`,
    content_hash: '00000000000000000000000000000001',
    ...fields,
    ...(measurements === undefined ? {} : { measurements }),
  });
};
const loaderOf = (list: readonly AcceptedInspection[]): InspectionLoader =>
  new InspectionLoader([inspectionBlock(list)]);

const sent = (list: readonly AcceptedInspection[]): string[] =>
  list
    .flatMap(({ event_id, inspection_uuid, occurred_at, measurements }) =>
      (measurements ?? []).map((m) =>
        JSON.stringify([
          event_id,
          inspection_uuid,
          occurred_at,
          m.name,
          // JSON has no negative zero.
          m.value === 0 ? 0 : m.value,
          m.unit ?? null,
          m.lower_limit ?? null,
          m.upper_limit ?? null,
        ]),
      ),
    )
    .sort();
const stored = async (list: readonly AcceptedInspection[]): Promise<string[]> =>
  (
    await db.database.query<Record<string, unknown>>(
      `SELECT event_id, inspection_id, time, name, value, unit, lower_limit, upper_limit FROM measurements WHERE event_id = ANY ($1::uuid[])`,
      [list.map(({ event_id }) => event_id)],
    )
  )
    .map((row) => JSON.stringify(Object.values(row)))
    .sort();
const load = async (list: readonly AcceptedInspection[]): Promise<unknown> => {
  await session.begin();
  const outcome = await loaderOf(list).load(session);
  await session.query('COMMIT');
  return outcome;
};

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const text = (maxLength: number) =>
  fc
    .string({ unit: anyCharacter, maxLength })
    .map((one) => one.replaceAll('\0', '').slice(0, maxLength).toWellFormed());
const name = fc.oneof(
  fc.constantFrom('vth', 'idd', 'NULL', '{a,b}', '"', '\\N', 'tab\tand\nline', ' ', 'µm 😀'),
  text(20).map((one) => one || 'x'),
);
const kind = fc.record({
  name,
  unit: fc.option(fc.oneof(fc.constantFrom('V', '', 'NULL', '\\'), text(10)), { nil: undefined }),
  lower_limit: fc.option(finite, { nil: undefined }),
  upper_limit: fc.option(finite, { nil: undefined }),
});
const value = fc.oneof(fc.constant(null), fc.constantFrom(0, 5e-324, -1.7976931348623157e308, 0.1 + 0.2), finite);
/** Flushes whose events share the descriptions of their values, share a beginning of them, or have their own. */
const flushes = fc.array(fc.array(kind, { maxLength: 12 }), { minLength: 1, maxLength: 3 }).chain((kinds) =>
  fc.array(
    fc.nat(kinds.length - 1).chain((which) =>
      fc.record({
        kinds: fc.oneof(
          { weight: 3, arbitrary: fc.constant(kinds[which]!) },
          { weight: 1, arbitrary: fc.nat(kinds[which]!.length).map((length) => kinds[which]!.slice(0, length)) },
          { weight: 1, arbitrary: fc.array(kind, { maxLength: 5 }) },
        ),
        values: fc.array(value, { minLength: 12, maxLength: 12 }),
        isAbsent: fc.boolean(),
      }),
    ),
    { minLength: 1, maxLength: 20 },
  ),
);

describe('measurements of events', () => {
  it('come back as they were: nulls, repeated names, limits that differ, texts of any kind, none at all', async () => {
    await fc.assert(
      fc.asyncProperty(flushes, async (shapes) => {
        const list = shapes.map(({ kinds, values, isAbsent }) =>
          event(
            isAbsent && kinds.length === 0
              ? undefined
              : kinds.map((one, i): Measurement => ({ ...one, value: values[i]! })),
          ),
        );
        const rows = list.reduce((sum, { measurements }) => sum + 1 + (measurements?.length ?? 0), 0);
        // Counted are measurements, not the vectors that hold them.
        expect(await load(list)).toEqual({ applied: list.length, duplicates: 0, rows });
        expect(await stored(list)).toEqual(sent(list));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 600_000);

  it('come back when there are 20,000 of one event, and share one set with the next event', async () => {
    const many = (offset: number): Measurement[] =>
      Array.from({ length: 20_000 }, (_, n) => ({
        name: `parameter ${n % 19_000}`,
        value: n % 7 === 0 ? null : n + offset,
        unit: n % 3 === 0 ? 'nm' : undefined,
        upper_limit: n % 5 === 0 ? n : undefined,
      }));
    const list = [event(many(0)), event(many(0.5))];
    const sets = async (): Promise<number> =>
      (await db.database.query<{ n: number }>('SELECT count(*) AS n FROM measurement_sets'))[0]!.n;
    const before = await sets();
    expect(await load(list)).toMatchObject({ applied: 2, rows: 40_002 });
    expect(await sets()).toBe(before + 1);
    expect(await stored(list)).toEqual(sent(list));
  }, 600_000);

  it('are loaded again after a rollback that took their set away', async () => {
    const list = [event([{ name: 'only here', value: 1 }])];
    const loader = loaderOf(list);
    await session.begin();
    await loader.load(session);
    await session.rollback();
    await session.begin();
    await loader.load(session);
    await session.query('COMMIT');
    expect(await stored(list)).toEqual(sent(list));
  });

  it('refuse what is not a finite number, as one event, when ingest let it through', async () => {
    const [good, bad, next] = [
      event([{ name: 'a', value: 1 }]),
      event([{ name: 'a', value: 2 }]),
      event([{ name: 'a', value: 3 }]),
    ];
    const lines = [good, bad, next].map((one) => JSON.stringify(one));
    lines[1] = lines[1]!.replace('"value":2', '"value":"two"');
    const loader = loaderOf([good, JSON.parse(lines[1]!) as AcceptedInspection, next]);
    await session.begin();
    await expect(loader.load(session)).rejects.toMatchObject({ kind: 'data' });
    await session.rollback();
    await session.begin();
    const refused = await loader.findRefused(session, 10);
    await session.rollback();
    expect(refused.map(({ sourceOffset, refusal }) => [sourceOffset, refusal.code])).toEqual([
      [1, 'database_rejected'],
    ]);
    loader.exclude(refused);
    await session.begin();
    expect(await loader.load(session)).toMatchObject({ applied: 2, rows: 4 });
    await session.query('COMMIT');
    expect(await stored([good, next])).toEqual(sent([good, next]));
  });
});
