import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type CapabilityParameters, capabilityParameters } from './capability-parameters.ts';
import { type CapabilityAnswer, capabilityAnswer } from './capability-answer.ts';
import { CapabilityQuery } from './capability.query.ts';

@ApiTags('Statistics')
@Controller('v1/capability')
export class CapabilityController {
  constructor(private readonly query: CapabilityQuery) {}

  @Get()
  @Answers(capabilityAnswer, {
    summary: 'Process capability of a measurement',
    description: 'Cp, Cpk, Pp, Ppk, Cpm and Ppm of one measurement against the limits that you state.',
  })
  getCapability(@Query({ schema: capabilityParameters }) parameters: CapabilityParameters): Promise<CapabilityAnswer> {
    return this.query.answer(parameters);
  }
}
