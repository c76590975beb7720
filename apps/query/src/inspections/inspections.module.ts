/** Inspections: lists, single inspections with their history, and scheduling. */
import { Module } from '@nestjs/common';
import { InspectionsController } from './inspections.controller.ts';
import { InspectionsQuery } from './inspections.query.ts';
import { ScheduleController } from './schedule.controller.ts';

@Module({ controllers: [InspectionsController, ScheduleController], providers: [InspectionsQuery] })
export class InspectionsModule {}
