/** Yield of units: final, first-pass, insertion and rolled throughput; yield models. */
import { Module } from '@nestjs/common';
import { YieldController } from './yield.controller.ts';
import { YieldModelsController } from './yield-models.controller.ts';
import { YieldQuery } from './yield.query.ts';

@Module({ controllers: [YieldController, YieldModelsController], providers: [YieldQuery], exports: [YieldQuery] })
export class YieldModule {}
