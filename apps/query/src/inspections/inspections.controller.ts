import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { describeFields } from '../http/field-filters.ts';
import { Answers } from '../http/documented-route.ts';
import { type InspectionDetail, type InspectionPage, inspectionDetail, inspectionPage } from './inspection-answer.ts';
import { type ListParameters, inspectionPath, listParameters } from './inspection-parameters.ts';
import { InspectionsQuery } from './inspections.query.ts';

@ApiTags('Inspections')
@Controller('v1/inspections')
export class InspectionsController {
  constructor(private readonly query: InspectionsQuery) {}

  @Get()
  @Answers(inspectionPage, {
    summary: 'Inspections, newest first',
    description:
      'The current state of each (lot, chip, inspection type), descending by (created_at, id). Pages stay consistent while events arrive; new inspections appear before the first page.',
  })
  @ApiQuery(describeFields('metadata', 'Metadata fields', { 'metadata.lot_kind': 'engineering' }))
  listInspections(@Query({ schema: listParameters }) parameters: ListParameters): Promise<InspectionPage> {
    return this.query.list(parameters);
  }

  @Get(':id')
  @Answers(inspectionDetail, {
    summary: 'One inspection with its attempts, defects and measurements',
    description: 'Includes every attempt, even voided ones; defects and measurements name their attempt.',
    notFound: 'There is no inspection with this id.',
  })
  getInspection(@Param({ schema: inspectionPath }) path: z.output<typeof inspectionPath>): Promise<InspectionDetail> {
    return this.query.one(path);
  }
}
