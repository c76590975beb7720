import type { Queryable, SqlParameter } from '@chip/persistence';
import type { Shift } from '@chip/persistence/repositories';
import { type Grouping } from '../sql/grouping.ts';
import { Problem } from '../http/problem.error.ts';
import { minutesIntoDay, minutesOf } from './calendar-answer.ts';

/** Groups that a production calendar can form. */
export const CALENDAR_GROUPS = ['day', 'week', 'month', 'shift'] as const;
export type CalendarGroup = (typeof CALENDAR_GROUPS)[number];

/** A version of a calendar while it holds. */
interface Period {
  readonly site: string;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly time_zone: string;
  readonly day_start: string;
  readonly shifts: readonly Shift[];
}

const DATE_FORMATS: Readonly<Record<Exclude<CalendarGroup, 'shift'>, string>> = {
  day: 'YYYY-MM-DD',
  week: 'IYYY-"W"IW',
  month: 'YYYY-MM',
};

/** @throws Problem 400 when there is no calendar at all, or none has shifts */
export async function calendarGrouping(snapshot: Queryable, group: CalendarGroup): Promise<Grouping> {
  const periods = await snapshot.query<Period>(
    `SELECT site, valid_from, lead(valid_from) OVER (PARTITION BY site ORDER BY valid_from) AS valid_to, time_zone, day_start, shifts
       FROM production_calendars WHERE withdrawn_at IS NULL ORDER BY site COLLATE "C", valid_from`,
  );
  const usable = group === 'shift' ? periods.filter(({ shifts }) => shifts.length > 0) : periods;
  if (usable.length === 0) {
    const message = `needs a production calendar${group === 'shift' ? ' with shifts' : ''}: store one with PUT /v1/calendars`;
    const parameter = group === 'shift' ? 'group_by' : 'calendar';
    throw new Problem(400, 'invalid_parameter', `${parameter} ${message}`, [{ parameter, message }]);
  }
  return {
    columns: (bind) => ({ key: keyOfSites(periods, group, bind) }),
    text: `Groups: ${group === 'shift' ? 'production day, number of the shift in the day, and its name' : `production ${group}`}, by the production calendar that holds at completed_at, of the site, else of every site (wall clock of its time zone; a day is named by the date on which it begins); null where none holds.`,
  };
}

type Bind = (value: SqlParameter) => string;

/** SQL of the key: by the calendars of the site itself, before its first one by those of every site. */
function keyOfSites(periods: readonly Period[], group: CalendarGroup, bind: Bind): string {
  const bySite = Map.groupBy(periods, ({ site }) => site);
  const ofEvery = keyOfTimes(bySite.get('') ?? [], group, bind);
  bySite.delete('');
  const cases = [...bySite].map(
    // An uncorrelated IN, which PostgreSQL hashes once.
    ([site, own]) =>
      `WHEN a.lot_id IN (SELECT id FROM lots WHERE site = ${bind(site)}) THEN ${keyOfTimes(own, group, bind, ofEvery)}`,
  );
  return cases.length === 0 ? ofEvery : `CASE ${cases.join(' ')} ELSE ${ofEvery} END`;
}

function keyOfTimes(periods: readonly Period[], group: CalendarGroup, bind: Bind, otherwise = 'NULL::text'): string {
  const cases = periods.map((period) => {
    const until = period.valid_to === null ? '' : ` AND a.completed_at < ${bind(period.valid_to)}::timestamptz`;
    return `WHEN a.completed_at >= ${bind(period.valid_from)}::timestamptz${until} THEN ${keyOfPeriod(period, group, bind)}`;
  });
  return cases.length === 0 ? otherwise : `CASE ${cases.join(' ')} ELSE ${otherwise} END`;
}

function keyOfPeriod({ time_zone, day_start, shifts }: Period, group: CalendarGroup, bind: Bind): string {
  if (group === 'shift' && shifts.length === 0) {
    return 'NULL::text';
  }
  // The wall clock, moved so that the production day begins at midnight.
  const local = `((a.completed_at AT TIME ZONE ${bind(time_zone)}::text) - ${bind(minutesOf(day_start))}::int * INTERVAL '1 minute')`;
  if (group !== 'shift') {
    return `to_char(${local}, ${bind(DATE_FORMATS[group])})`;
  }
  const minute = `(extract(hour FROM ${local}) * 60 + extract(minute FROM ${local}))`;
  const cases = shifts
    .map(({ name, start }, i) => ({ label: `${i + 1} ${name}`, from: minutesIntoDay(start, day_start) }))
    .reverse()
    .map(({ label, from }) => `WHEN ${minute} >= ${bind(from)} THEN ${bind(label)}::text`);
  return `to_char(${local}, 'YYYY-MM-DD') || '/' || CASE ${cases.join(' ')} END`;
}
