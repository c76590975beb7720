import { Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.ts';
import { AnnotationsModule } from './annotations/annotations.module.ts';
import { AuditModule } from './audit/audit.module.ts';
import { BacktestModule } from './backtest/backtest.module.ts';
import { BinsModule } from './bins/bins.module.ts';
import { CalendarsModule } from './calendars/calendars.module.ts';
import { CapabilityModule } from './capability/capability.module.ts';
import { DeadLettersModule } from './dead-letters/dead-letters.module.ts';
import { DefectsModule } from './defects/defects.module.ts';
import { DiscoveryModule } from './discovery/discovery.module.ts';
import { EquipmentModule } from './equipment/equipment.module.ts';
import { EvaluateModule } from './evaluate/evaluate.module.ts';
import { EventsModule } from './events/events.module.ts';
import { ExportModule } from './export/export.module.ts';
import { FailingTestsModule } from './failing-tests/failing-tests.module.ts';
import { GeometriesModule } from './geometries/geometries.module.ts';
import { InspectionsModule } from './inspections/inspections.module.ts';
import { LimitsModule } from './limits/limits.module.ts';
import { LotsModule } from './lots/lots.module.ts';
import { MapsModule } from './maps/maps.module.ts';
import { ParametersModule } from './parameters/parameters.module.ts';
import { PipelineModule } from './pipeline/pipeline.module.ts';
import { ReportsModule } from './reports/reports.module.ts';
import { SpcModule } from './spc/spc.module.ts';
import { SqlModule } from './sql/sql.module.ts';
import { StatisticalLimitsModule } from './statistical-limits/statistical-limits.module.ts';
import { SummaryModule } from './summary/summary.module.ts';
import { TelemetryModule } from './telemetry/telemetry.module.ts';
import { YieldModule } from './yield/yield.module.ts';

/** Composition root of the query service: shared modules first, then one module per topic. */
@Module({
  imports: [
    SqlModule,
    AccessModule,
    AnnotationsModule,
    AuditModule,
    BacktestModule,
    BinsModule,
    CalendarsModule,
    CapabilityModule,
    DeadLettersModule,
    DefectsModule,
    DiscoveryModule,
    EquipmentModule,
    EvaluateModule,
    EventsModule,
    ExportModule,
    FailingTestsModule,
    GeometriesModule,
    InspectionsModule,
    LimitsModule,
    LotsModule,
    MapsModule,
    ParametersModule,
    PipelineModule,
    ReportsModule,
    SpcModule,
    StatisticalLimitsModule,
    SummaryModule,
    TelemetryModule,
    YieldModule,
  ],
})
export class QueryModule {}
