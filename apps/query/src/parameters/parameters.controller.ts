import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { requireOwn } from '../access/require-own.ts';
import { Answers, Stores } from '../http/documented-route.ts';
import {
  type ListParameters,
  listParameters,
  type ParameterItem,
  parameterItem,
  type ParameterPage,
  parameterPage,
  type ParameterRequest,
  parameterRequest,
} from './parameter-answer.ts';
import { ParametersQuery } from './parameters.query.ts';

@ApiTags('Catalogue')
@Controller('v1/parameters')
export class ParametersController {
  constructor(private readonly query: ParametersQuery) {}

  @Get()
  @Answers(parameterPage, {
    summary: 'Parameters with their units and specification limits',
    description: 'Every version of the catalogue, newest entry first. A version is in force until the next one begins.',
  })
  listParameters(@Query({ schema: listParameters }) parameters: ListParameters): Promise<ParameterPage> {
    return this.query.list(parameters);
  }

  @Put()
  @Stores(parameterItem, {
    summary: 'Store a version of a parameter, or withdraw one',
    description:
      'A new version succeeds the previous one from `valid_from` on; nothing is overwritten. Storing the same version again changes nothing. `withdraw` withdraws the version that begins at `valid_from`. A value takes the entry that fits its product, step, recipe and site with the most of these named.',
    notFound: 'No version of this parameter in force begins at `valid_from`.',
    conflict:
      '`parameter_conflict`: the version cuts into a range that ended, differs from one with the same start, or has a unit of another kind.',
  })
  storeParameter(@Body({ schema: parameterRequest }) given: ParameterRequest): Promise<ParameterItem> {
    requireOwn(given);
    return this.query.store(given);
  }
}
