import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Answers } from '../http/documented-route.ts';
import {
  type Page,
  type RangedPage,
  equipmentPage,
  namesPage,
  page,
  rangedNamesPage,
  rangedPage,
} from './discovery-answer.ts';
import { DiscoveryQuery } from './discovery.query.ts';

@ApiTags('Discovery')
@Controller('v1')
export class DiscoveryController {
  constructor(private readonly query: DiscoveryQuery) {}

  @Get('equipment')
  @Answers(equipmentPage, {
    summary: 'Equipment, when it was last seen, and whether it is silent',
    description:
      'Every machine with completed attempts, by name. Shows machines that went silent, which raise no alarm themselves.',
  })
  listEquipment(@Query({ schema: page }) given: Page): Promise<z.output<typeof equipmentPage>> {
    return this.query.equipment(given);
  }

  @Get('products')
  @Answers(namesPage, {
    summary: 'Products',
    description: 'By name; first and last seen are the times when inspections of the product began.',
  })
  listProducts(@Query({ schema: page }) given: Page): Promise<z.output<typeof namesPage>> {
    return this.query.products(given);
  }

  @Get('steps')
  @Answers(rangedNamesPage, { summary: 'Steps', description: 'Steps of completed attempts, by name.' })
  listSteps(@Query({ schema: rangedPage }) given: RangedPage): Promise<z.output<typeof rangedNamesPage>> {
    return this.query.steps(given);
  }

  @Get('recipes')
  @Answers(rangedNamesPage, { summary: 'Recipes', description: 'Recipes of completed attempts, by name.' })
  listRecipes(@Query({ schema: rangedPage }) given: RangedPage): Promise<z.output<typeof rangedNamesPage>> {
    return this.query.recipes(given);
  }

  @Get('metrics')
  @Answers(namesPage, {
    summary: 'Telemetry metrics',
    description: 'By name; first and last seen are days (UTC) with samples.',
  })
  listMetrics(@Query({ schema: page }) given: Page): Promise<z.output<typeof namesPage>> {
    return this.query.metrics(given);
  }
}
