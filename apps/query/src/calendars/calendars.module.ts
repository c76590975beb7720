/** Production calendars of sites: time zone, start of the day, shifts. */
import { Module } from '@nestjs/common';
import { CalendarsController } from './calendars.controller.ts';
import { CalendarsQuery } from './calendars.query.ts';

@Module({ controllers: [CalendarsController], providers: [CalendarsQuery] })
export class CalendarsModule {}
