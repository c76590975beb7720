/** Lots, their chips, and wafer maps. */
import { Module } from '@nestjs/common';
import { LotsController } from './lots.controller.ts';
import { LotsQuery } from './lots.query.ts';
import { WaferMapController } from './wafer-map.controller.ts';
import { WaferMapQuery } from './wafer-map.query.ts';

@Module({
  controllers: [LotsController, WaferMapController],
  providers: [LotsQuery, WaferMapQuery],
  exports: [WaferMapQuery],
})
export class LotsModule {}
