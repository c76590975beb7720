import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type WaferPath, waferPath } from '../maps/map-answer.ts';
import {
  type WaferDefectsAnswer,
  waferDefectsAnswer,
  type WaferDefectsParameters,
  waferDefectsParameters,
} from './wafer-defects-answer.ts';
import { WaferDefectsQuery } from './wafer-defects.query.ts';

@ApiTags('Defects')
@Controller('v1/lots/:lot_id/wafers/:wafer_id/defects')
export class WaferDefectsController {
  constructor(private readonly query: WaferDefectsQuery) {}

  @Get()
  @Answers(waferDefectsAnswer, {
    summary: 'Defects of one wafer, each at its place',
    description:
      'Class, size and place of every defect that the counted attempts found: die and micrometres within it.',
    notFound: 'There is no such lot, or no such wafer in it.',
  })
  getWaferDefects(
    @Param({ schema: waferPath }) path: WaferPath,
    @Query({ schema: waferDefectsParameters }) parameters: WaferDefectsParameters,
  ): Promise<WaferDefectsAnswer> {
    return this.query.defects(path, parameters);
  }
}
