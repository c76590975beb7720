import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type CapabilitiesAnswer,
  capabilitiesAnswer,
  type CapabilitiesParameters,
  capabilitiesParameters,
} from './capabilities-answer.ts';
import { CapabilitiesQuery } from './capabilities.query.ts';

@ApiTags('Statistics')
@Controller('v1/capabilities')
export class CapabilitiesController {
  constructor(private readonly query: CapabilitiesQuery) {}

  @Get()
  @Answers(capabilitiesAnswer, {
    summary: 'Capability of every parameter of a product',
    description:
      'One call instead of one per test: n, indices with their intervals, and whether the parameter is stable; worst first. A parameter whose values must not be mixed says so, and the others go on.',
  })
  getCapabilities(
    @Query({ schema: capabilitiesParameters }) parameters: CapabilitiesParameters,
  ): Promise<CapabilitiesAnswer> {
    return this.query.answer(parameters);
  }
}
