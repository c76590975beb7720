/** Process capability of measurements. */
import { Module } from '@nestjs/common';
import { CapabilityController } from './capability.controller.ts';
import { CapabilityQuery } from './capability.query.ts';

@Module({ controllers: [CapabilityController], providers: [CapabilityQuery] })
export class CapabilityModule {}
