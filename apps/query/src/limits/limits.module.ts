/** Frozen control limits for charts of phase II. */
import { Module } from '@nestjs/common';
import { ControlLimitsController } from './control-limits.controller.ts';
import { ControlLimitsQuery } from './control-limits.query.ts';

@Module({ controllers: [ControlLimitsController], providers: [ControlLimitsQuery] })
export class LimitsModule {}
