import { type ProductionCalendar, UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import { storeVersion, type VersionKind } from '../versions/store-version.ts';
import { listVersions } from '../versions/versions.sql.ts';
import { type CalendarItem, type CalendarPage, type CalendarRequest, type ListParameters } from './calendar-answer.ts';

const TABLE = {
  name: 'production_calendars',
  keys: ['site'],
  columns: `nullif(v.site, '') AS site, v.time_zone, v.day_start, v.shifts`,
};

const CALENDAR: VersionKind<ProductionCalendar, CalendarRequest> = {
  name: 'calendar',
  table: TABLE,
  repository: ({ calendars }) => calendars,
  key: ({ site = '' }) => ({ site }),
  values: ({ time_zone, day_start = '00:00', shifts = [] }) => ({
    time_zone,
    day_start,
    shifts: shifts.map(({ name, start }) => ({ name, start })),
  }),
};

/** Lists production calendars, and stores versions of them. */
@Injectable()
export class CalendarsQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  list(parameters: ListParameters): Promise<CalendarPage> {
    const { site, in_force_at } = parameters;
    const filter = { keys: { site }, in_force_at };
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listVersions<CalendarItem>(snapshot, TABLE, filter, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  async store(given: CalendarRequest): Promise<CalendarItem> {
    await this.#requireTimeZone(given.time_zone);
    return storeVersion({ unitOfWork: this.unitOfWork, primary: this.primary }, CALENDAR, given);
  }

  /** PostgreSQL does the arithmetic, so it must know the zone, too. */
  async #requireTimeZone(name: string | undefined): Promise<void> {
    if (name === undefined) {
      return;
    }
    const known = await this.primary.read((snapshot) =>
      snapshot.query('SELECT 1 FROM pg_timezone_names WHERE lower(name) = lower($1)', [name]),
    );
    if (known.length === 0) {
      const message = 'is not known to the database: use the canonical name of the zone';
      throw new Problem(400, 'invalid_body', `time_zone ${message}`, [{ parameter: '/time_zone', message }]);
    }
  }
}
