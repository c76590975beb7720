/** Process capability of one measurement, and of every measurement of a product. */
import { Module } from '@nestjs/common';
import { CapabilitiesController } from './capabilities.controller.ts';
import { CapabilitiesQuery } from './capabilities.query.ts';
import { CapabilityController } from './capability.controller.ts';
import { CapabilityQuery } from './capability.query.ts';

@Module({
  controllers: [CapabilityController, CapabilitiesController],
  providers: [CapabilityQuery, CapabilitiesQuery],
})
export class CapabilityModule {}
