/** Limits of yield and bins from the latest lots of a product, and lots that exceed them. */
import { Module } from '@nestjs/common';
import { YieldLimitsController } from './yield-limits.controller.ts';
import { YieldLimitsQuery } from './yield-limits.query.ts';

@Module({ controllers: [YieldLimitsController], providers: [YieldLimitsQuery] })
export class StatisticalLimitsModule {}
