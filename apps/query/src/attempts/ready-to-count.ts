import { type Queryable } from '@chip/persistence';
import { CALENDAR_GROUPS, calendarGrouping } from '../calendars/calendar-groups.sql.ts';
import { type Zone, zoneGrouping } from '../geometries/zones.sql.ts';
import { Problem } from '../http/problem.error.ts';
import { type Grouping } from '../sql/grouping.ts';
import { type AttemptQuestion } from './chosen-attempts.ts';

/** A question as it comes from a request. */
interface Asked extends AttemptQuestion {
  readonly calendar?: 'utc' | 'production' | undefined;
  /** One with `group_by`; maps have lists of them. */
  readonly zones?: Zone | readonly Zone[] | undefined;
}

/**
 * The question with what has to be read before attempts can be counted.
 *
 * @throws Problem 400 for groups without a catalogue, and for a time of which it is not kept what was known
 */
export async function readyToCount<Question extends Asked>(snapshot: Queryable, asked: Question): Promise<Question> {
  if (asked.as_at !== undefined) {
    await requireKept(snapshot, asked.as_at);
  }
  return { ...asked, grouping: await groupingOf(snapshot, asked) };
}

async function groupingOf(snapshot: Queryable, { group_by, calendar, zones }: Asked): Promise<Grouping | undefined> {
  if (group_by === 'zone') {
    return zoneGrouping(typeof zones === 'string' ? zones : 'ring');
  }
  const ofCalendar = CALENDAR_GROUPS.find((group) => group === group_by);
  if (ofCalendar !== undefined && (calendar === 'production' || ofCalendar === 'shift')) {
    return calendarGrouping(snapshot, ofCalendar);
  }
  return undefined;
}

async function requireKept(snapshot: Queryable, asAt: string): Promise<void> {
  const [row] = await snapshot.query<{ since: string; is_early: boolean; is_future: boolean }>(
    `SELECT known_since()::text AS since, $1::timestamptz < known_since() AS is_early, $1::timestamptz > now() AS is_future`,
    [asAt],
  );
  if (!row || (!row.is_early && !row.is_future)) {
    return;
  }
  const message = row.is_future
    ? 'expected a time that has passed'
    : `expected a time no earlier than ${row.since}: what was known before is not kept`;
  throw new Problem(400, 'invalid_parameter', `as_at: ${message}`, [{ parameter: 'as_at', message }]);
}
