/** Reports: immutable answers to sign, send and print. */
import { Module } from '@nestjs/common';
import { BinsModule } from '../bins/bins.module.ts';
import { DefectsModule } from '../defects/defects.module.ts';
import { MapsModule } from '../maps/maps.module.ts';
import { SpcModule } from '../spc/spc.module.ts';
import { YieldModule } from '../yield/yield.module.ts';
import { ReportSections } from './report-sections.ts';
import { ReportsController } from './reports.controller.ts';
import { ReportsQuery } from './reports.query.ts';

@Module({
  imports: [BinsModule, DefectsModule, MapsModule, SpcModule, YieldModule],
  controllers: [ReportsController],
  providers: [ReportSections, ReportsQuery],
})
export class ReportsModule {}
