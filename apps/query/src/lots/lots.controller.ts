import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import {
  type ListParameters,
  type LotAnswer,
  type LotPage,
  type LotPath,
  type PartAnswer,
  type PartPath,
  type SiteOnly,
  listParameters,
  lotAnswer,
  lotPage,
  lotPath,
  partAnswer,
  partPath,
  siteOnly,
} from './lot-answer.ts';
import { LotsQuery } from './lots.query.ts';

@ApiTags('Lots')
@Controller('v1/lots')
export class LotsController {
  constructor(private readonly query: LotsQuery) {}

  @Get()
  @Answers(lotPage, {
    summary: 'Lots, newest first',
    description: 'Descending by (created_at, id); created_at is when the lot was first stored.',
  })
  listLots(@Query({ schema: listParameters }) parameters: ListParameters): Promise<LotPage> {
    return this.query.list(parameters);
  }

  @Get(':lot_id')
  @Answers(lotAnswer, {
    summary: 'Everything about one lot',
    description: 'Its wafers with their current results, and what each machine did to it, when.',
    notFound: 'There is no such lot.',
  })
  getLot(
    @Param({ schema: lotPath }) path: LotPath,
    @Query({ schema: siteOnly }) parameters: SiteOnly,
  ): Promise<LotAnswer> {
    return this.query.one(path, parameters);
  }

  @Get(':lot_id/parts/:chip_id')
  @Answers(partAnswer, {
    summary: 'Everything about one chip',
    description: 'All its inspections with every attempt, defect and measurement.',
    notFound: 'There is no such lot, or no such chip in it.',
  })
  getPart(
    @Param({ schema: partPath }) path: PartPath,
    @Query({ schema: siteOnly }) parameters: SiteOnly,
  ): Promise<PartAnswer> {
    return this.query.part(path, parameters);
  }
}
