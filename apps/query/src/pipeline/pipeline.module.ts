/** The pipeline itself: progress of each partition, and a ledger that accounts for every offset. */
import { Module } from '@nestjs/common';
import { PipelineController } from './pipeline.controller.ts';
import { PipelineQuery } from './pipeline.query.ts';
import { LedgerController } from './ledger.controller.ts';
import { LedgerQuery } from './ledger.query.ts';

@Module({ controllers: [PipelineController, LedgerController], providers: [PipelineQuery, LedgerQuery] })
export class PipelineModule {}
