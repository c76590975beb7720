/** Random attempts with measurements, for tests that compare what a summary of values says with what the values say. */
import { type Database, type LoadSession } from '@chip/persistence';
import { sumUpDays } from '@chip/persistence/testing';
import fc from 'fast-check';
import { changedAttempt, storeAttempts } from './random-attempts.ts';

export interface RandomMeasurement {
  readonly name: string;
  readonly unit: string | null;
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * An event of an attempt, with its measurements: the first one, a later one with more of them, a correction, a withdrawal.
 *
 * @param of.most how many measurements it has
 */
export const measuredEvent = (of: {
  readonly units: number;
  readonly instant: fc.Arbitrary<string>;
  readonly measurement: fc.Arbitrary<RandomMeasurement>;
  readonly most: number;
}) =>
  fc.record({
    ...changedAttempt(of.units, of.instant, '2025-12-10T12:00:00.000000Z'),
    product: fc.constantFrom('P1', 'P1', 'P1', 'P1', 'P2', null),
    recipe: fc.constantFrom('R1', 'R1', 'R1', null),
    measurements: fc.array(of.measurement, { maxLength: of.most }),
    form: fc.constantFrom('vector', 'vector', 'rows'),
  });
type Event = ReturnType<typeof measuredEvent> extends fc.Arbitrary<infer T> ? T : never;

/** Stores events as the load does: attempts that know their events, and measurements, in one transaction. */
export const storeMeasured = (database: Database, events: readonly Event[]): Promise<void> =>
  database.withTransaction(async (transaction) => {
    await storeAttempts(
      transaction,
      events.map((one) => ({ ...one, wafer_id: `W${one.unit % 2}` })),
    );
    const stored = events.filter(({ measurements }) => measurements.length > 0);
    for (const { form, measurements, ...one } of stored) {
      const time = one.status === 'in_progress' ? one.occurred_at : one.completed_at;
      // Rows have no order but that of their names.
      const of = form === 'rows' ? [...new Map(measurements.map((each) => [each.name, each])).values()] : measurements;
      await transaction.query(
        form === 'rows'
          ? `INSERT INTO measurement_rows (time, inspection_id, event_id, name, unit, value, lower_limit, upper_limit)
               SELECT $1, md5($2)::uuid, $3, u.* FROM unnest($4::text[], $5::text[], $6::float8[], $7::float8[], $8::float8[]) AS u`
          : `INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
               SELECT $1, md5($2)::uuid, $3, store_measurement_sets(json_build_array(json_build_object('names', $4::text[], 'units', $5::text[],
                 'lower_limits', $7::float8[], 'upper_limits', $8::float8[]))), $6::float8[]`,
        [
          time,
          String(one.unit),
          one.event_id,
          of.map(({ name }) => name),
          of.map(({ unit }) => unit),
          of.map(({ value }) => value),
          of.map(({ lower }) => lower),
          of.map(({ upper }) => upper),
        ],
      );
    }
  });

/** FROM item: every value `m` with its place among those of its event, which rows do not have. */
export const EVERY_VALUE = `(
  SELECT *, 1::bigint AS nth FROM measurement_rows
  UNION ALL
  SELECT v.time, v.inspection_id, v.event_id, u.* FROM measurement_vectors AS v JOIN measurement_sets AS s ON s.id = v.set_id
  CROSS JOIN unnest(s.names, v.values, s.units, s.lower_limits, s.upper_limits) WITH ORDINALITY AS u)`;

/** What happens to the database between the events of a round and its questions. */
export const upkeep = fc.constantFrom('sum up', 'sum up', 'sum up one day', 'sum up', 'nothing', 'pack', 'retention');

export async function keepUp(
  session: LoadSession,
  what: typeof upkeep extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  if (what !== 'nothing') {
    await sumUpDays(session, what === 'sum up one day' ? 0 : Infinity, '0');
  }
  if (what === 'pack') {
    await session.query(`SELECT pack_measurements()`);
  } else if (what === 'retention') {
    await session.query(`SELECT apply_retention('measurements')`);
  }
}

export const keepMeasurementsFrom = (database: Database, day: string): Promise<unknown> =>
  database.query(`UPDATE retention_settings SET keep = now() - $1::timestamptz WHERE table_name = 'measurements'`, [
    day,
  ]);
