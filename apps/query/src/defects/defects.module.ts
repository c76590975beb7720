/** Defects by property, per inspected area, and on a wafer. */
import { Module } from '@nestjs/common';
import { DefectsController } from './defects.controller.ts';
import { DefectsQuery } from './defects.query.ts';
import { WaferDefectsController } from './wafer-defects.controller.ts';
import { WaferDefectsQuery } from './wafer-defects.query.ts';

@Module({
  controllers: [DefectsController, WaferDefectsController],
  providers: [DefectsQuery, WaferDefectsQuery],
  exports: [DefectsQuery],
})
export class DefectsModule {}
