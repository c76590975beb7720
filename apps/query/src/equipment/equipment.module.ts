/** Comparison of equipment, and the units that one machine touched. */
import { Module } from '@nestjs/common';
import { EquipmentController } from './equipment.controller.ts';
import { EquipmentQuery } from './equipment.query.ts';

@Module({ controllers: [EquipmentController], providers: [EquipmentQuery] })
export class EquipmentModule {}
