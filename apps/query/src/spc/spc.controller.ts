import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type SpcAnswer, spcAnswer } from './spc-answer.ts';
import { type SpcParameters, spcParameters } from './spc-parameters.ts';
import { SpcQuery } from './spc.query.ts';

@ApiTags('Statistics')
@Controller('v1')
export class SpcController {
  constructor(private readonly query: SpcQuery) {}

  @Get('spc')
  @Answers(spcAnswer, {
    summary: 'A control chart of stored data',
    description:
      'Measurements in the order of completion, or failing units and defects per sample. With too little data for limits the chart is empty; given limits need no data.',
  })
  getSpcChart(@Query({ schema: spcParameters }) parameters: SpcParameters): Promise<SpcAnswer> {
    return this.query.chart(parameters);
  }
}
