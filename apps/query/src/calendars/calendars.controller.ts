import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { requireOwn } from '../access/require-own.ts';
import { Answers, Stores } from '../http/documented-route.ts';
import {
  type CalendarItem,
  calendarItem,
  type CalendarPage,
  calendarPage,
  type CalendarRequest,
  calendarRequest,
  type ListParameters,
  listParameters,
} from './calendar-answer.ts';
import { CalendarsQuery } from './calendars.query.ts';

@ApiTags('Catalogue')
@Controller('v1/calendars')
export class CalendarsController {
  constructor(private readonly query: CalendarsQuery) {}

  @Get()
  @Answers(calendarPage, {
    summary: 'Production calendars: time zone, start of the day, shifts',
    description:
      'Every version, newest entry first. A version holds until the next one of its site begins. Statistics use them with `calendar=production` and `group_by=shift`.',
  })
  listCalendars(@Query({ schema: listParameters }) parameters: ListParameters): Promise<CalendarPage> {
    return this.query.list(parameters);
  }

  @Put()
  @Stores(calendarItem, {
    summary: 'Store a version of a production calendar, or withdraw one',
    description:
      'A new version succeeds the one before from `valid_from` on; nothing is overwritten. The same version again changes nothing. With `withdraw`, the version that begins at `valid_from` no longer counts.',
    notFound: 'There is no version to withdraw.',
    conflict: '`version_conflict`: the version cuts into a range that ended, or differs from one with the same start.',
  })
  storeCalendar(@Body({ schema: calendarRequest }) given: CalendarRequest): Promise<CalendarItem> {
    // A calendar names no product, so a limit to products does not concern it.
    requireOwn(given, ['site']);
    return this.query.store(given);
  }
}
