/** Telemetry of one metric: sums per service, and series over time. */
import { Module } from '@nestjs/common';
import { TelemetrySummaryController } from './telemetry-summary.controller.ts';
import { TelemetrySummaryQuery } from './telemetry-summary.query.ts';
import { TelemetrySeriesController } from './telemetry-series.controller.ts';
import { TelemetrySeriesQuery } from './telemetry-series.query.ts';

@Module({
  controllers: [TelemetrySummaryController, TelemetrySeriesController],
  providers: [TelemetrySummaryQuery, TelemetrySeriesQuery],
})
export class TelemetryModule {}
