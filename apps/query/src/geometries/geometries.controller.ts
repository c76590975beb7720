import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { requireOwn } from '../access/require-own.ts';
import { Answers, Stores } from '../http/documented-route.ts';
import {
  type GeometryItem,
  geometryItem,
  type GeometryPage,
  geometryPage,
  type GeometryRequest,
  geometryRequest,
  type ListParameters,
  listParameters,
} from './geometry-answer.ts';
import { GeometriesQuery } from './geometries.query.ts';

@ApiTags('Catalogue')
@Controller('v1/wafer-geometries')
export class GeometriesController {
  constructor(private readonly query: GeometriesQuery) {}

  @Get()
  @Answers(geometryPage, {
    summary: 'Wafer geometry of products',
    description:
      'Every version, newest entry first. A version holds until the next one of its product begins. Maps, their pictures and zones use the version in force when the attempts completed.',
  })
  listWaferGeometries(@Query({ schema: listParameters }) parameters: ListParameters): Promise<GeometryPage> {
    return this.query.list(parameters);
  }

  @Put()
  @Stores(geometryItem, {
    summary: 'Store a version of a wafer geometry, or withdraw one',
    description:
      'A new version succeeds the one before from `valid_from` on; nothing is overwritten. The same version again changes nothing. With `withdraw`, the version that begins at `valid_from` no longer counts.',
    notFound: 'There is no version to withdraw.',
    conflict: '`version_conflict`: the version cuts into a range that ended, or differs from one with the same start.',
  })
  storeWaferGeometry(@Body({ schema: geometryRequest }) given: GeometryRequest): Promise<GeometryItem> {
    // A geometry holds at every site, so a limit to sites does not concern it.
    requireOwn(given, ['product']);
    return this.query.store(given);
  }
}
