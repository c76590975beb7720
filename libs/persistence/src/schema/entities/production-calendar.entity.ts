/** The table production_calendars. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { timestamp } from './timestamp.ts';
import { versionColumns } from './version-columns.ts';

/** A part of the production day; ends where the next one begins. */
export interface Shift {
  readonly name: string;
  /** Wall clock, HH:MM. */
  readonly start: string;
}

export const ProductionCalendarEntity = defineEntity({
  name: 'ProductionCalendar',
  tableName: 'production_calendars',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    site: p.string().length(100).default(''),
    valid_from: timestamp(),
    time_zone: p.string().length(64),
    day_start: p.string().length(5),
    shifts: p.json<readonly Shift[]>(),
    ...versionColumns(),
  },
});
/** One version of the production calendar of a site. */
export type ProductionCalendar = InferEntity<typeof ProductionCalendarEntity>;
