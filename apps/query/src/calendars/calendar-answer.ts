import { z } from 'zod';
import { nextCursor } from '../http/answers.ts';
import { storedText } from '../http/body.ts';
import { siteParameter } from '../http/parameters.ts';
import { versionBody, versionList, versionShape } from '../versions/version-answer.ts';

const MAX_SHIFTS = 24;

/** Wall clock. */
const clock = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'expected a time of day such as 06:00')
  .meta({ examples: ['06:00'] });

const shift = z.strictObject({
  name: storedText(1, 50).meta({ examples: ['early'] }),
  start: clock.meta({ description: 'Wall clock; the shift ends where the next one begins.', examples: ['06:00'] }),
});

/** A name such as Europe/Berlin, also a former one (Asia/Calcutta); no fixed offsets, which ignore daylight saving time. */
const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, { error: 'expected an IANA time zone such as Europe/Berlin or UTC' })
  .meta({ description: 'IANA name of the time zone.', examples: ['Europe/Berlin'] });

function isTimeZone(name: string): boolean {
  if (!/^([A-Za-z]+(\/[A-Za-z0-9_+-]+){1,2}|UTC)$/.test(name)) {
    return false;
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Minutes from the start of the production day. */
export const minutesIntoDay = (start: string, dayStart: string): number =>
  (minutesOf(start) - minutesOf(dayStart) + 1440) % 1440;

export const calendarRequest = z
  .strictObject({
    site: storedText(1, 100).optional().meta({ description: 'Absent: every site without a calendar of its own.' }),
    ...versionBody,
    time_zone: timeZone.optional(),
    day_start: clock.optional().meta({ description: 'When the production day begins; wall clock. Default 00:00.' }),
    shifts: z.array(shift).max(MAX_SHIFTS).optional().meta({
      description: 'In the order of the day. The first one begins with the day. Absent: no shifts.',
    }),
  })
  .superRefine((given, context) => {
    const complain = (path: PropertyKey[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (given.withdraw) {
      for (const member of ['time_zone', 'day_start', 'shifts'] as const) {
        if (given[member] !== undefined) {
          complain([member], 'does not belong to a withdrawal');
        }
      }
      return;
    }
    if (given.time_zone === undefined) {
      complain(['time_zone'], 'is required');
    }
    const { day_start = '00:00', shifts = [] } = given;
    const names = new Set<string>();
    let last = -1;
    for (const [i, { name, start }] of shifts.entries()) {
      const at = minutesIntoDay(start, day_start);
      if (i === 0 && at !== 0) {
        complain(['shifts', i, 'start'], 'expected the start of the day for the first shift');
      } else if (at <= last) {
        complain(['shifts', i, 'start'], 'expected a time after the shift before, within the same production day');
      }
      if (names.has(name)) {
        complain(['shifts', i, 'name'], 'is that of another shift');
      }
      names.add(name);
      last = at;
    }
  })
  .meta({
    id: 'CalendarRequest',
    example: {
      site: 'fab-1',
      valid_from: '2026-01-01T00:00:00Z',
      time_zone: 'Europe/Berlin',
      day_start: '06:00',
      shifts: [
        { name: 'early', start: '06:00' },
        { name: 'late', start: '14:00' },
        { name: 'night', start: '22:00' },
      ],
      reason: 'shift model of 2026',
    },
  });
export type CalendarRequest = z.output<typeof calendarRequest>;

export const calendarItem = z
  .strictObject({
    ...versionShape,
    site: z.string().nullable().meta({ description: 'null = every site without a calendar of its own.' }),
    time_zone: z.string().meta({ examples: ['Europe/Berlin'] }),
    day_start: z.string().meta({ examples: ['06:00'] }),
    shifts: z.array(z.strictObject({ name: z.string(), start: z.string() })),
  })
  .meta({ id: 'Calendar' });
export type CalendarItem = z.output<typeof calendarItem>;

export const calendarPage = z
  .strictObject({ items: z.array(calendarItem), next_cursor: nextCursor })
  .meta({ id: 'CalendarPage' });
export type CalendarPage = z.output<typeof calendarPage>;

export const listParameters = z.strictObject({ site: siteParameter.optional(), ...versionList });
export type ListParameters = z.output<typeof listParameters>;
