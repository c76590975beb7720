/** Names for the selection lists of a dashboard: equipment, products, steps, recipes, metrics. */
import { Module } from '@nestjs/common';
import { DiscoveryController } from './discovery.controller.ts';
import { DiscoveryQuery } from './discovery.query.ts';

@Module({ controllers: [DiscoveryController], providers: [DiscoveryQuery] })
export class DiscoveryModule {}
