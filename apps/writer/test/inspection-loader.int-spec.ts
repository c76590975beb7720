import { afterEach, describe, expect, it } from '@jest/globals';
import { type AcceptedInspection, INSPECTION, lotIdentity } from '@chip/contracts';
import { initPosition, LoadSession } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import fc from 'fast-check';
import type { DeadLetters } from '../src/dead-letters.ts';
import { InspectionLoader } from '../src/loaders/inspection/inspection-loader.ts';
import { flush } from '../src/partition/flush/flush.ts';
import { MostlyRejectedError, RefusalBrake } from '../src/partition/flush/refusal-brake.ts';
import type { RefusedElement } from '../src/loaders/refused-element.ts';
import { inspectionBlock, withIdentities } from './inspection-block.ts';

const PARTITIONS = 3;
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000Z`;
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

type Fields = Partial<AcceptedInspection> & { event_id: string };
const event = (fields: Fields): AcceptedInspection =>
  withIdentities({
    site: '',
    lot_id: 'LOT',
    chip_id: 'C1',
    inspection_type: 'electrical',
    status: 'completed',
    occurred_at: at(0),
    ...(fields.status === undefined || fields.status === 'completed' ? { result: 'pass' as const } : {}),
    content_hash: '00000000000000000000000000000001',
    ...fields,
  });

/** Plays the source: gives every event its offset and carries blocks to the loader. */
class Source {
  readonly letters: RefusedElement[] = [];
  readonly #offsets = Array.from({ length: PARTITIONS }, () => 0);
  readonly #sessions: LoadSession[] = [];
  readonly #brakes: RefusalBrake[] = [];
  readonly #deadLetters: DeadLetters = {
    send: (_topic, _partition, refused) => Promise.resolve(void this.letters.push(...refused)),
  };

  constructor(readonly database: TestDatabase) {}

  /** @param isEarlier as blocks of the version before */
  async flush(partition: number, events: readonly AcceptedInspection[], isEarlier = false) {
    const session = (this.#sessions[partition] ??= await this.#open(partition));
    const from = this.#offsets[partition]!;
    const block = inspectionBlock(events, partition, from, isEarlier);
    const to = (this.#offsets[partition] = block.coversTo);
    return flush(
      session,
      new InspectionLoader([block]),
      { topic: INSPECTION.source, partition, blocks: [block], from, to, acceptedOffset: to, appendTimeMs: 1000 },
      this.#deadLetters,
      (this.#brakes[partition] ??= new RefusalBrake()),
      new AbortController().signal,
    );
  }

  /** Everything that follows from the events, without what depends on when they were loaded. */
  async rows(): Promise<object> {
    const query = (sql: string) => this.database.database.query<object>(sql);
    return {
      attempts: await query('SELECT * FROM inspection_attempts ORDER BY inspection_id, step, attempt_key'),
      inspections: (await query('SELECT * FROM inspections ORDER BY id')).map((row) => ({
        ...row,
        ingested_at: null,
        updated_at: null,
      })),
      measurements: await query('SELECT * FROM measurements ORDER BY event_id, name'),
      defects: await query('SELECT * FROM defects ORDER BY event_id, defect_no'),
      lots: await query('SELECT id, lot_id FROM lots ORDER BY id'),
      parts: await query('SELECT id, chip_id FROM parts ORDER BY id'),
      wafers: await query('SELECT id, wafer_id FROM wafers ORDER BY id'),
    };
  }

  /**
   * Empties the tables, those that refer to others first: a new database per run would cost more than the run, and so
   * would TRUNCATE, which makes new files for all of them and their indexes.
   */
  async reset(): Promise<void> {
    const tables = [
      ...['defects', 'measurement_values', 'measurement_rows', 'measurement_sets'],
      ...['inspection_events', 'inspection_attempts', 'inspections', 'parts', 'wafers', 'lots'],
    ];
    await this.database.database.query(tables.map((table) => `DELETE FROM ${table}`).join('; '));
    this.letters.length = 0;
    this.#brakes.length = 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session?.close()));
    await this.database.drop();
  }

  async #open(partition: number): Promise<LoadSession> {
    const session = await LoadSession.open({ url: this.database.url, applicationName: 'test' });
    await initPosition(session, INSPECTION.source, partition, 0n, 0n);
    return session;
  }
}

let sources: Source[] = [];
const newSource = async (): Promise<Source> => {
  const source = new Source(await createTestDatabase());
  sources.push(source);
  return source;
};
afterEach(async () => {
  await Promise.all(sources.map((source) => source.close()));
  sources = [];
});

const histories = fc
  .array(
    fc.record({
      chip: fc.constantFrom('C1', 'C2'),
      status: fc.constantFrom('in_progress', 'completed', 'failed', 'voided' as const),
      result: fc.constantFrom('pass' as const, 'fail' as const),
      minute: fc.nat(5),
      attempt: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
      step: fc.constantFrom(undefined, 'probe'),
      voids: fc.nat(11),
      wafer: fc.constantFrom(undefined, 'W1'),
      bin: fc.option(fc.nat(3), { nil: undefined }),
      started: fc.option(fc.nat(5), { nil: undefined }),
      measured: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
      defects: fc.nat(2),
      metadata: fc.option(fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 })), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((shapes) =>
    shapes.map((shape, i) =>
      event({
        event_id: id(i),
        chip_id: shape.chip,
        status: shape.status as AcceptedInspection['status'],
        result: shape.status === 'completed' ? shape.result : undefined,
        occurred_at: at(shape.minute),
        attempt: shape.status === 'in_progress' ? (shape.attempt ?? 1) : shape.attempt,
        voids: shape.status === 'voided' && shape.voids !== i ? id(shape.voids) : undefined,
        reason: shape.status === 'voided' ? "it's \\ \t wrong" : undefined,
        step: shape.step,
        wafer_id: shape.wafer,
        hard_bin: shape.bin,
        started_at: shape.started === undefined ? undefined : at(shape.started),
        measurements:
          shape.measured === undefined
            ? undefined
            : [
                { name: `m\t${i}`, value: shape.measured },
                { name: 'gone', value: null },
              ],
        defects: Array.from({ length: shape.defects }, (_, n) => ({ class: 'scratch', x_um: n, y_um: -n })),
        metadata: shape.metadata,
      }),
    ),
  );

describe('loading inspections', () => {
  it('gives identical rows for any order, cut into any flushes over any partitions, with events repeated', async () => {
    const [straight, mixed] = await Promise.all([newSource(), newSource()]);
    await fc.assert(
      fc.asyncProperty(
        histories.chain((history) =>
          fc.record({
            history: fc.constant(history),
            shuffled: fc.shuffledSubarray(history, { minLength: history.length }),
            again: fc.subarray(history),
            places: fc.array(
              fc.record({
                partition: fc.nat(PARTITIONS - 1),
                size: fc.integer({ min: 1, max: 6 }),
                isEarlier: fc.boolean(),
              }),
              { minLength: 30, maxLength: 30 },
            ),
          }),
        ),
        async ({ history, shuffled, again, places }) => {
          await Promise.all([straight.reset(), mixed.reset()]);
          await straight.flush(0, history);
          const rest = [...shuffled, ...again];
          // Each partition flushes in order; partitions run at the same time, as in the writer.
          const partitions = Array.from({ length: PARTITIONS }, () => Promise.resolve<unknown>(undefined));
          for (const { partition, size, isEarlier } of places) {
            const part = rest.splice(0, size);
            if (part.length === 0) {
              break;
            }
            partitions[partition] = partitions[partition]!.then(() => mixed.flush(partition, part, isEarlier));
          }
          await Promise.all(partitions);
          expect(await mixed.rows()).toEqual(await straight.rows());
          expect(mixed.letters).toEqual([]);
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  }, 180_000);

  it('keeps the time of creation when retention has deleted the attempt that it came from', async () => {
    const source = await newSource();
    const { database } = source.database;
    const created = () =>
      database.query(`SELECT created_at = '${at(1)}' AS kept, attempt_key FROM inspections WHERE chip_id = 'C1'`);
    await source.flush(0, [
      event({ event_id: id(1), attempt: 1, occurred_at: at(1) }),
      event({ event_id: id(2), attempt: 2, occurred_at: at(2) }),
    ]);
    await database.query(`SELECT set_retention('inspection_attempts', '1 day')`);
    await database.query(`SELECT apply_retention('inspection_attempts')`);
    expect(await database.query('SELECT attempt_key FROM inspection_attempts')).toEqual([{ attempt_key: 'a:2' }]);
    await source.flush(1, [event({ event_id: id(3), attempt: 3, occurred_at: at(3) })]);
    expect(await created()).toEqual([{ kept: true, attempt_key: 'a:3' }]);
    // Sent again, the event of the deleted attempt stays a duplicate.
    await source.flush(2, [event({ event_id: id(1), attempt: 1, occurred_at: at(1) })]);
    expect(await database.query('SELECT attempt_key FROM inspection_attempts ORDER BY 1')).toEqual([
      { attempt_key: 'a:2' },
      { attempt_key: 'a:3' },
    ]);
  });

  it('lets one of two conflicting events stand, in a flush and across flushes, and makes a letter of the other', async () => {
    const source = await newSource();
    const other = { content_hash: '00000000000000000000000000000002' };
    await source.flush(0, [
      event({ event_id: id(1), result: 'pass' }),
      event({ event_id: id(1), result: 'fail', ...other }),
      event({ event_id: id(1), result: 'pass' }),
    ]);
    const done = await source.flush(1, [
      event({ event_id: id(1), result: 'fail', ...other }),
      event({ event_id: id(2), chip_id: 'C2' }),
    ]);
    expect(done).toMatchObject({ applied: 1, duplicates: 0, refused: 1 });
    expect(source.letters.map(({ sourceOffset, refusal }) => [sourceOffset, refusal.code])).toEqual([
      [1, 'event_id_conflict'],
      [0, 'event_id_conflict'],
    ]);
    // Ready to be published again: nothing in it that ingest computed.
    expect(source.letters[0]!.normalised).toMatchObject({ event_id: id(1), result: 'fail', lot_id: 'LOT' });
    expect(Object.keys(source.letters[0]!.normalised)).not.toEqual(expect.arrayContaining(['content_hash']));
    const rows = await source.database.database.query('SELECT chip_id, result FROM inspections ORDER BY chip_id');
    expect(rows).toEqual([
      { chip_id: 'C1', result: 'pass' },
      { chip_id: 'C2', result: 'pass' },
    ]);
  });

  it('applies the correction of a refused event under the same id, however the stream is cut', async () => {
    const misspelt = event({ event_id: id(1), inspection_type: 'electricall' });
    const corrected = event({ event_id: id(1), content_hash: '00000000000000000000000000000002' });
    for (const flushes of [[[misspelt, corrected]], [[misspelt], [corrected]], [[corrected, misspelt]]]) {
      const source = await newSource();
      for (const events of flushes) {
        await source.flush(0, events);
      }
      expect(source.letters.map(({ refusal }) => refusal.code)).toEqual(['unknown_inspection_type']);
      expect(await source.database.database.query('SELECT inspection_type FROM inspections')).toEqual([
        { inspection_type: 'electrical' },
      ]);
    }
  });

  it.each<['5' | '8']>([['8'], ['5']])(
    'finds every row that the database refuses, wherever it goes, and loads the neighbours; the lot has an id of version %s',
    async (version) => {
      const source = await newSource();
      await source.database.database.query('INSERT INTO lots (id, lot_id) VALUES ($1, $2)', [
        lotIdentity('', 'LOT', version),
        'LOT',
      ]);
      for (const constraint of [
        `measurement_sets ADD CONSTRAINT no_poison CHECK ('poison' <> ALL (names))`,
        `measurement_values ADD CONSTRAINT no_thirteens CHECK (-13 <> ALL (digits))`,
        `defects ADD CONSTRAINT no_ghosts CHECK (class <> 'ghost')`,
        `inspection_attempts ADD CONSTRAINT no_sevens CHECK (hard_bin <> 7)`,
      ]) {
        await source.database.database.query(`ALTER TABLE ${constraint}`);
      }
      // None, one or several lines per event, the bad one last: a line number has to find its event.
      const vth = { name: 'vth', value: 1 };
      const scratch = { class: 'scratch', x_um: 0, y_um: 0 };
      const events = Array.from({ length: 60 }, (_, i) =>
        event({
          event_id: id(i),
          chip_id: `C${i}`,
          inspection_type: i === 50 ? 'palmistry' : 'electrical',
          hard_bin: i === 13 || i === 44 ? 7 : 1,
          measurements: [
            ...Array.from({ length: i % 4 }, () => vth),
            ...(i === 0 ? [{ ...vth, name: 'poison' }] : []),
            ...(i === 45 ? [{ ...vth, value: -13 }] : []),
          ],
          defects: [
            ...Array.from({ length: i % 3 }, () => scratch),
            ...(i === 59 ? [{ ...scratch, class: 'ghost' }] : []),
          ],
        }),
      );
      const done = await source.flush(0, events);
      expect(done).toMatchObject({ applied: 54, refused: 6 });
      expect(source.letters.map(({ sourceOffset, refusal }) => `${sourceOffset} ${refusal.code}`).sort()).toEqual([
        '0 database_rejected',
        '13 database_rejected',
        '44 database_rejected',
        '45 database_rejected',
        '50 unknown_inspection_type',
        '59 database_rejected',
      ]);
      const [counts] = await source.database.database.query<object>(
        `SELECT (SELECT count(*) FROM inspections) AS inspections, (SELECT count(*) FROM measurements) AS measurements,
              (SELECT count(*) FROM defects) AS defects, (SELECT count(*) FROM inspection_events) AS events`,
      );
      expect(counts).toEqual({ inspections: 54, measurements: 83, defects: 53, events: 54 });
    },
  );

  it('makes letters of events of an inspection that has more than a chip can have, and goes on', async () => {
    const source = await newSource();
    await source.flush(0, [event({ event_id: id(1) }), event({ event_id: id(2), chip_id: 'C2' })]);
    const fill = (events: number): Promise<unknown> =>
      source.database.database.query(
        `UPDATE inspection_attempts AS a SET event_ids = event_ids[:1] || ARRAY(SELECT md5(n::text)::uuid FROM generate_series(2, $1::int) AS n)
           FROM inspections AS i WHERE i.id = a.inspection_id AND i.chip_id = 'C1'`,
        [events],
      );
    await fill(19_999);
    await source.flush(0, [event({ event_id: id(3), occurred_at: at(1), result: 'fail' })]);
    expect(source.letters).toEqual([]);
    // The same through both ways: alone in its flush, and with another event of the inspection.
    await source.flush(0, [event({ event_id: id(4) }), event({ event_id: id(5), chip_id: 'C2', occurred_at: at(2) })]);
    await source.flush(0, [
      event({ event_id: id(6) }),
      event({ event_id: id(7) }),
      event({ event_id: id(8), chip_id: 'C3' }),
    ]);
    expect(source.letters.map(({ refusal }) => refusal)).toEqual(
      Array(3).fill({
        code: 'too_large',
        detail: expect.stringMatching(/^\/chip_id: got one more event of an inspection that has 20000,/) as unknown,
      }),
    );
    const counts = await source.database.database.query<object>(
      `SELECT chip_id, i.result, count(*)::int AS attempts FROM inspections AS i JOIN inspection_attempts AS a ON a.inspection_id = i.id
        GROUP BY i.id ORDER BY chip_id`,
    );
    expect(counts).toEqual([
      { chip_id: 'C1', result: 'fail', attempts: 2 },
      { chip_id: 'C2', result: 'pass', attempts: 2 },
      { chip_id: 'C3', result: 'pass', attempts: 1 },
    ]);
  });

  it('stops instead of making letters when more is refused than bad data explains', async () => {
    const source = await newSource();
    await source.database.database.query(
      `ALTER TABLE measurement_sets ADD CONSTRAINT broken CHECK ('vth' <> ALL (names))`,
    );
    const events = Array.from({ length: 300 }, (_, i) =>
      event({ event_id: id(i), chip_id: `C${i}`, measurements: [{ name: i % 2 ? 'vth' : 'idd', value: 1 }] }),
    );
    await expect(source.flush(0, events)).rejects.toBeInstanceOf(MostlyRejectedError);
    expect(source.letters).toEqual([]);
    expect(await source.database.database.query('SELECT 1 FROM inspections')).toEqual([]);
  });

  it('an event that is refused refuses no other, wherever the flushes are cut', async () => {
    const [whole, cut] = [await newSource(), await newSource()];
    for (const source of [whole, cut]) {
      await source.database.database.query(
        `ALTER TABLE measurement_sets ADD CONSTRAINT picky CHECK ('bad' <> ALL (names)) NOT VALID`,
      );
    }
    const kinds = fc.constantFrom('good', 'other', 'unknown type', 'bad row');
    const history = fc.array(fc.record({ id: fc.nat(3), kind: kinds }), {
      minLength: 1,
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(history, async (sent) => {
        await Promise.all([whole.reset(), cut.reset()]);
        const events = sent.map((one) =>
          event({
            event_id: id(one.id),
            chip_id: `C${one.id}`,
            content_hash: { good: 'aa', other: 'bb', 'unknown type': 'cc', 'bad row': 'dd' }[one.kind],
            ...(one.kind === 'unknown type' ? { inspection_type: 'visuall' } : {}),
            measurements: [{ name: one.kind === 'bad row' ? 'bad' : 'idd', value: 1 }],
          }),
        );
        await whole.flush(0, events);
        for (const one of events) {
          await cut.flush(0, [one]);
        }
        const outcome = (source: Source): object[] =>
          source.letters
            .map(({ normalised, refusal }) => ({
              at: events.findIndex((one) => JSON.stringify(one) === JSON.stringify(normalised)),
              code: refusal.code,
            }))
            .sort((a, b) => a.at - b.at || (a.code < b.code ? -1 : 1));
        expect(outcome(whole)).toEqual(outcome(cut));
        const stored = (source: Source): Promise<object[]> =>
          source.database.database.query(
            `SELECT event_id, encode(content_hash, 'hex') AS hash FROM inspection_events ORDER BY 1`,
          );
        expect(await stored(whole)).toEqual(await stored(cut));
      }),
      { numRuns: 25 },
    );
  });
});
