/** Yield of units: final, first-pass, insertion and rolled throughput. */
import { Module } from '@nestjs/common';
import { YieldController } from './yield.controller.ts';
import { YieldQuery } from './yield.query.ts';

@Module({ controllers: [YieldController], providers: [YieldQuery] })
export class YieldModule {}
