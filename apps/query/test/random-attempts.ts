/** Random attempts of a few units, for tests that compare what a summary says with what the attempts say. */
import { randomUUID } from 'node:crypto';
import { type Database } from '@chip/persistence';
import fc from 'fast-check';

const FIRST_DAY = Date.UTC(2025, 11, 1);
const DAY_MS = 86_400_000;

/** One name on two sites, and another. */
export const LOTS = [
  { id: randomUUID(), site: '', lot_id: 'L1' },
  { id: randomUUID(), site: 'south', lot_id: 'L1' },
  { id: randomUUID(), site: 'south', lot_id: 'L2' },
];

/** An instant up to so many days after the first one, often exactly at midnight or a microsecond before. */
export const instantWithin = (days: number): fc.Arbitrary<string> =>
  fc
    .record({
      day: fc.integer({ min: 0, max: days }),
      micros: fc.oneof(fc.constantFrom(0, 0, DAY_MS * 1000 - 1), fc.integer({ min: 0, max: DAY_MS * 1000 - 1 })),
    })
    .map(({ day, micros }) => {
      const ms = new Date(FIRST_DAY + day * DAY_MS + Math.floor(micros / 1000)).toISOString().slice(0, -1);
      return `${ms}${String(micros % 1000).padStart(3, '0')}Z`;
    });

/**
 * What the load changes of an attempt of a unit: a new attempt, a late one, a correction, a withdrawal.
 *
 * @param units their number, as of {@link storeUnits}
 * @param tied when some attempts happened at the same time
 */
export const changedAttempt = (units: number, instant: fc.Arbitrary<string>, tied: string) => ({
  unit: fc.integer({ min: 0, max: units - 1 }),
  // Few units have many attempts, most have one.
  attempt: fc.constantFrom(1, 1, 1, 1, 2, 3),
  step: fc.constantFrom('', '', '', 'probe'),
  status: fc.constantFrom('completed', 'completed', 'completed', 'completed', 'failed', 'in_progress', 'voided'),
  result: fc.constantFrom('pass', 'fail'),
  // Not always in the order of completion, and tied at times.
  occurred_at: fc.oneof(instant, fc.constant(tied)),
  completed_at: instant,
  equipment_id: fc.constantFrom('E1', 'E2', null),
  product: fc.constantFrom('P1', 'P2', null),
  event_id: fc.uuid(),
  /** Attempt number, if the machine gave one. */
  number: fc.constantFrom(null, null, 1, 2, 3),
});

/** Stores the lots, and so many units that take turns in them; half are visual, half thermal. */
export async function storeUnits(database: Database, units: number): Promise<void> {
  for (const { id, site, lot_id } of LOTS) {
    await database.query('INSERT INTO lots (id, site, lot_id) VALUES ($1, $2, $3)', [id, site, lot_id]);
  }
  for (let unit = 0; unit < units; unit++) {
    await database.query(
      `INSERT INTO inspections (id, lot_id, chip_id, inspection_type) VALUES (md5($1::text)::uuid, $2, $1, $3)`,
      [String(unit), LOTS[unit % LOTS.length]!.id, unit % 2 === 0 ? 'visual' : 'thermal'],
    );
  }
}
