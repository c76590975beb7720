import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type LotPath, lotPath } from './lot-answer.ts';
import {
  type LotMapAnswer,
  type LotMapParameters,
  type WaferMapAnswer,
  type WaferMapParameters,
  type WaferPath,
  lotMapAnswer,
  lotMapParameters,
  waferMapAnswer,
  waferMapParameters,
  waferPath,
} from './wafer-map-answer.ts';
import { WaferMapQuery } from './wafer-map.query.ts';

@ApiTags('Wafer maps')
@Controller('v1/lots/:lot_id')
export class WaferMapController {
  constructor(private readonly query: WaferMapQuery) {}

  @Get('wafers/:wafer_id/map')
  @Answers(waferMapAnswer, {
    summary: 'Map of one wafer',
    description: 'One value per die position, compact enough for a whole 300 mm wafer.',
    notFound: 'There is no such lot, or no such wafer in it.',
  })
  getWaferMap(
    @Param({ schema: waferPath }) path: WaferPath,
    @Query({ schema: waferMapParameters }) parameters: WaferMapParameters,
  ): Promise<WaferMapAnswer> {
    return this.query.wafer(path, parameters);
  }

  @Get('map')
  @Answers(lotMapAnswer, {
    summary: 'Stacked map of a lot',
    description:
      'How often each die position fails across the wafers of the lot: shows patterns that repeat from wafer to wafer.',
    notFound: 'There is no such lot.',
  })
  getLotMap(
    @Param({ schema: lotPath }) path: LotPath,
    @Query({ schema: lotMapParameters }) parameters: LotMapParameters,
  ): Promise<LotMapAnswer> {
    return this.query.lot(path, parameters);
  }
}
