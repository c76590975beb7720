import { describe, expect, it } from '@jest/globals';
import { type AcceptedInspection, attemptKey } from '@chip/contracts';
import fc from 'fast-check';
import { type Attempt, ATTEMPT_COLUMNS, CURRENT_COLUMNS, currentRow, mergeEvents } from './merge-attempts.ts';

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000Z`;

type Some = Partial<AcceptedInspection> & { event_id: string };
const event = (fields: Some): AcceptedInspection => ({
  content_hash: fields.event_id,
  inspection_uuid: id(900),
  lot_uuid: id(901),
  part_uuid: id(902),
  site: '',
  lot_id: 'L',
  chip_id: 'C',
  inspection_type: 'electrical',
  status: 'completed',
  occurred_at: at(0),
  ...(fields.status === undefined || fields.status === 'completed' ? { result: 'pass' as const } : {}),
  ...fields,
  attempt_key: attemptKey(fields),
});

/** A history: several events with distinct ids about one inspection, with everything that can meet in one. */
const histories = fc
  .array(
    fc.record({
      status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed', 'cancelled', 'voided' as const),
      result: fc.constantFrom('pass' as const, 'fail' as const),
      minute: fc.nat(5),
      name: fc.constantFrom('attempt', 'run', 'none'),
      number: fc.integer({ min: 1, max: 2 }),
      step: fc.constantFrom(undefined, 'probe', 'final'),
      voids: fc.option(fc.nat(9), { nil: undefined }),
      equipment_id: fc.option(fc.constantFrom('E1', 'E2'), { nil: undefined }),
      hard_bin: fc.option(fc.nat(3), { nil: undefined }),
      started: fc.option(fc.nat(5), { nil: undefined }),
      metadata: fc.option(fc.record({ a: fc.nat(2) }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((shapes) =>
    shapes.map((shape, i) => {
      const named = shape.status === 'pending' || shape.status === 'in_progress' || shape.name !== 'none';
      const voids =
        shape.status === 'voided' && shape.voids !== undefined && shape.voids !== i ? id(shape.voids) : undefined;
      return event({
        event_id: id(i),
        status: shape.status as AcceptedInspection['status'],
        result: shape.status === 'completed' ? shape.result : undefined,
        occurred_at: at(shape.minute),
        attempt: named && shape.name !== 'run' ? shape.number : undefined,
        run_id: shape.name === 'run' ? `R${shape.number}` : undefined,
        step: shape.step,
        voids,
        reason: shape.status === 'voided' ? 'because' : undefined,
        equipment_id: shape.equipment_id,
        hard_bin: shape.hard_bin,
        started_at: shape.started === undefined ? undefined : at(shape.started),
        metadata: shape.metadata,
      });
    }),
  );

const sorted = (attempts: readonly Attempt[]): Attempt[] =>
  [...attempts].sort((a, b) => (`${a.step}/${a.attempt_key}` < `${b.step}/${b.attempt_key}` ? -1 : 1));

/** Applies a history flush by flush, as the database would carry it: through JSON. */
const apply = (flushes: AcceptedInspection[][]): Attempt[] => {
  let attempts: Attempt[] = [];
  for (const flush of flushes) {
    attempts = JSON.parse(JSON.stringify(mergeEvents(attempts, flush).attempts)) as Attempt[];
  }
  return sorted(attempts);
};

describe('merge of inspection events', () => {
  it('has a column for everything it merges: what had none would be lost without an error', () => {
    const { attempts } = mergeEvents([], [event({ event_id: id(1) })]);
    expect([...ATTEMPT_COLUMNS].sort()).toEqual(Object.keys(attempts[0]!).sort());
    expect([...CURRENT_COLUMNS].sort()).toEqual(Object.keys(currentRow(attempts)).sort());
  });

  it('gives the same rows for any order, cut into any flushes, with any event repeated', () => {
    fc.assert(
      fc.property(
        histories.chain((history) =>
          fc.record({
            history: fc.constant(history),
            shuffled: fc.shuffledSubarray(history, { minLength: history.length }),
            again: fc.subarray(history),
            cuts: fc.array(fc.nat(history.length), { maxLength: 3 }),
          }),
        ),
        ({ history, shuffled, again, cuts }) => {
          const all = [...shuffled, ...again];
          const places = [0, ...[...cuts].sort((a, b) => a - b), all.length];
          const flushes = places.slice(1).map((to, i) => all.slice(places[i], to));
          const [expected, actual] = [apply([history]), apply(flushes)];
          expect(actual).toEqual(expected);
          expect(currentRow(actual)).toEqual(currentRow(expected));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('reports as applied each event once, however often it comes', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const first = mergeEvents([], history);
        expect(first.applied.map((e) => e.event_id)).toEqual(history.map((e) => e.event_id));
        const second = mergeEvents(first.attempts, history);
        expect(second.applied).toEqual([]);
        expect(second.changed).toEqual([]);
      }),
    );
  });

  const current = (...events: AcceptedInspection[]) => currentRow(mergeEvents([], events).attempts);

  it('takes the latest attempt with a result, by machine time and not by arrival', () => {
    const retest = event({ event_id: id(2), occurred_at: at(9), result: 'pass' });
    const first = event({ event_id: id(1), occurred_at: at(3), result: 'fail' });
    expect(current(retest, first)).toMatchObject({ result: 'pass', created_at: at(3), occurred_at: at(9) });
  });

  it('tells attempts of one time apart by the number of the machine, whatever their ids; none comes first', () => {
    const retest = event({ event_id: id(1), attempt: 2, occurred_at: at(3), result: 'pass' });
    const first = event({ event_id: id(2), attempt: 1, occurred_at: at(3), result: 'fail' });
    const unnumbered = event({ event_id: id(3), occurred_at: at(3), result: 'fail' });
    expect(current(first, retest, unnumbered)).toMatchObject({ result: 'pass', attempt_key: 'a:2' });
    expect(current(unnumbered, retest, first)).toMatchObject({ result: 'pass', attempt_key: 'a:2' });
  });

  // A machine that names every chip alike: a flush of it, merged in an open transaction, must end before the database ends that.
  it('costs an event of an attempt the same, however many the attempt has', () => {
    let reads = 0;
    const counted = (n: number): string => ({ toString: () => (reads++, id(n)) }) as unknown as string;
    const events = Array.from({ length: 2_000 }, (_, n) =>
      event({ event_id: counted((n * 7919) % 2_000), attempt: 1 }),
    );
    const { attempts } = mergeEvents([], events);
    expect(reads).toBeLessThan(300 * events.length);
    expect(attempts.map(({ event_ids }) => event_ids.map(String))).toEqual([events.map((_, n) => id(n))]);
  });

  it('costs an event the same, however many attempts the inspection has', () => {
    let reads = 0;
    const events = Array.from({ length: 1_000 }, (_, n) => event({ event_id: id(n), attempt: n + 1 }));
    const existing = mergeEvents([], events).attempts.map((attempt) => ({
      ...attempt,
      get attempt_key() {
        reads++;
        return attempt.attempt_key;
      },
      get event_ids() {
        reads++;
        return attempt.event_ids;
      },
    }));
    const more = events.map((_, n) => event({ event_id: id(1_000 + n) }));
    const voids = events.map((_, n) =>
      event({ event_id: id(2_000 + n), status: 'voided', voids: id(n), reason: 'wrong recipe' }),
    );
    expect(mergeEvents(existing, [...more, ...voids]).attempts).toHaveLength(3_000);
    expect(reads).toBeLessThan(20 * existing.length);
  });

  it('prefers an attempt with a result to a later one without', () => {
    const done = event({ event_id: id(1), occurred_at: at(1), result: 'fail' });
    const aborted = event({ event_id: id(2), occurred_at: at(5), status: 'failed' });
    expect(current(done, aborted)).toMatchObject({ status: 'completed', result: 'fail' });
  });

  it('falls back to the attempt before when the latest is withdrawn, and to voided when none is left', () => {
    const first = event({ event_id: id(1), occurred_at: at(1), result: 'fail' });
    const second = event({ event_id: id(2), occurred_at: at(2), result: 'pass', attempt: 7 });
    const withdraw = (n: number, target: number) =>
      event({ event_id: id(n), status: 'voided', voids: id(target), reason: 'wrong recipe', occurred_at: at(8) });
    expect(current(withdraw(3, 2), first, second)).toMatchObject({ status: 'completed', result: 'fail' });
    expect(current(withdraw(3, 2), first, second, withdraw(4, 1))).toMatchObject({
      status: 'voided',
      result: null,
      attempt_key: null,
      created_at: at(1),
    });
  });

  it('fills what the deciding event leaves open from earlier events of the attempt, and keeps the earliest start', () => {
    const started = event({
      event_id: id(1),
      status: 'in_progress',
      run_id: 'R',
      occurred_at: at(1),
      started_at: at(1),
      equipment_id: 'E1',
      recipe: 'old',
    });
    const done = event({ event_id: id(2), run_id: 'R', occurred_at: at(4), started_at: at(2), recipe: 'new' });
    const { attempts } = mergeEvents([], [done, started]);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toMatchObject({ status: 'completed', equipment_id: 'E1', recipe: 'new', started_at: at(1) });
  });
});
