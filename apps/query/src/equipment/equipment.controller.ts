import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type CompareAnswer, type CompareParameters, compareAnswer, compareParameters } from './comparison.ts';
import { EquipmentQuery } from './equipment.query.ts';
import {
  type EquipmentPath,
  type UnitsPage,
  type UnitsParameters,
  equipmentPath,
  unitsPage,
  unitsParameters,
} from './units-answer.ts';

@ApiTags('Equipment')
@Controller('v1/equipment')
export class EquipmentController {
  constructor(private readonly query: EquipmentQuery) {}

  @Get('compare')
  @Answers(compareAnswer, {
    summary: 'Which equipment fails more than the others',
    description:
      'Yield per equipment with its uncertainty, and whether its lots fail more than those of all others beyond chance. Dice of one lot are not independent, so the test compares lots (or wafers), within a product and inspection type. Most suspicious first.',
  })
  compareEquipment(@Query({ schema: compareParameters }) parameters: CompareParameters): Promise<CompareAnswer> {
    return this.query.compare(parameters);
  }

  @Get(':equipment_id/units')
  @Answers(unitsPage, {
    summary: 'Everything that one machine touched',
    description:
      'Every attempt on this equipment, in any state, newest first by (occurred_at, event_id) of its deciding event. An attempt that gets a new one while pages are read moves: it may be on two of them or on none.',
  })
  listEquipmentUnits(
    @Param({ schema: equipmentPath }) path: EquipmentPath,
    @Query({ schema: unitsParameters }) parameters: UnitsParameters,
  ): Promise<UnitsPage> {
    return this.query.units(path, parameters);
  }
}
