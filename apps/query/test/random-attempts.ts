/** Random attempts of a few units, for tests that compare what a summary says with what the attempts say. */
import { randomUUID } from 'node:crypto';
import { type Database, LoadSession, type Queryable, type SqlParameter } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import fc from 'fast-check';
import { ATTEMPT_POLICIES } from '../src/attempts/chosen-attempts.ts';

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
  /** If the machine gave one. */
  attempt_no: fc.constantFrom(null, null, 1, 2, 3),
});

/** Of each question two: all of them would ask more of the same than find more. */
export const twoPolicies = fc.shuffledSubarray([...ATTEMPT_POLICIES], { minLength: 2, maxLength: 2 });

/** Stores the lots, and so many units that take turns in them; half are visual, half thermal. */
export async function storeUnits(database: Database, units: number): Promise<void> {
  for (const { id, site, lot_id } of LOTS) {
    await database.query('INSERT INTO lots (id, site, lot_id) VALUES ($1, $2, $3)', [id, site, lot_id]);
  }
  await database.query(
    `INSERT INTO inspections (id, lot_id, chip_id, inspection_type)
     SELECT md5(unit::text)::uuid, ($1::uuid[])[1 + unit % cardinality($1)], unit, CASE WHEN unit % 2 = 0 THEN 'visual' ELSE 'thermal' END
     FROM generate_series(0, $2 - 1) AS unit`,
    [LOTS.map(({ id }) => id), units],
  );
}

/** A database with units, and a session for its upkeep. */
export async function openUnits(
  units: number,
): Promise<{ db: TestDatabase; session: LoadSession; close: () => Promise<void> }> {
  const db = await createTestDatabase();
  const session = await LoadSession.open({ url: db.url, applicationName: 'chip-test' });
  await storeUnits(db.database, units);
  const close = async (): Promise<void> => {
    await session.close();
    await db.drop();
  };
  return { db, session, close };
}

/** Answers a statement that was asked before from memory: for questions between which nothing in the database changes. */
export function remembering(database: Queryable): Queryable {
  const known = new Map<string, Promise<object[]>>();
  return {
    query: <T extends object>(text: string, values?: readonly SqlParameter[]): Promise<T[]> => {
      const asked = JSON.stringify([text, values]);
      const rows = known.get(asked) ?? database.query<T>(text, values);
      known.set(asked, rows);
      return rows as Promise<T[]>;
    },
  };
}

/** Properties that the load changes, by what an event calls them. */
const PROPERTIES: Readonly<Record<string, string>> = {
  equipment_id: 'text',
  product: 'text',
  recipe: 'text',
  wafer_id: 'text',
  die_x: 'int',
  die_y: 'int',
  hard_bin: 'int',
  soft_bin: 'int',
  inspected_area_cm2: 'float8',
  defect_count: 'int',
  attempt_no: 'int',
};
const NAMES = Object.keys(PROPERTIES);

/** Stores attempts as the load does, of {@link changedAttempt} and more properties: each knows its events. */
export const storeAttempts = (database: Queryable, events: readonly object[]): Promise<unknown> =>
  database.query(
    `INSERT INTO inspection_attempts AS kept (inspection_id, step, attempt_key, lot_id, inspection_type, status, result, occurred_at,
       first_occurred_at, event_id, event_ids, completed_at, ${NAMES.join(', ')})
     SELECT DISTINCT ON (i.id, c.step, c.attempt) i.id, c.step, 'a:' || c.attempt, i.lot_id, i.inspection_type, c.status,
       CASE WHEN c.status = 'completed' THEN c.result END, c.occurred_at, c.occurred_at, c.event_id, ARRAY[c.event_id],
       CASE WHEN c.status <> 'in_progress' THEN c.completed_at END, ${NAMES.map((name) => `c.${name}`).join(', ')}
     FROM jsonb_to_recordset($1::text::jsonb) AS c (unit int, attempt int, step text, status inspection_status_enum, result text,
       occurred_at timestamptz, completed_at timestamptz, event_id uuid, ${NAMES.map((name) => `${name} ${PROPERTIES[name]}`).join(', ')})
     JOIN inspections i ON i.id = md5(c.unit::text)::uuid
     ORDER BY i.id, c.step, c.attempt, c.event_id
     ON CONFLICT (inspection_id, step, attempt_key) DO UPDATE SET event_ids = kept.event_ids || excluded.event_ids,
       ${['status', 'result', 'occurred_at', 'event_id', 'completed_at', ...NAMES].map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [JSON.stringify(events)],
  );

/** The range between two ends that were drawn in any order, if there are any. */
export const rangeBetween = ({ from, to }: { from?: string | undefined; to?: string | undefined }) =>
  from !== undefined && to !== undefined && to < from ? { from: to, to: from } : { from, to };
