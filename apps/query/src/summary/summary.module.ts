/** Inspections per day, computed in advance. */
import { Module } from '@nestjs/common';
import { DailySummaryController } from './daily-summary.controller.ts';
import { DailySummaryQuery } from './daily-summary.query.ts';

@Module({ controllers: [DailySummaryController], providers: [DailySummaryQuery] })
export class SummaryModule {}
