import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { Stores } from '../http/documented-route.ts';
import { type BacktestAnswer, backtestAnswer, type BacktestRequest, backtestRequest } from './backtest-answer.ts';
import { BacktestQuery } from './backtest.query.ts';

@ApiTags('Statistics')
@Controller('v1/spc/backtest')
export class BacktestController {
  constructor(private readonly query: BacktestQuery) {}

  @Post()
  @Needs('read')
  @HttpCode(200)
  @Stores(backtestAnswer, {
    summary: 'What control rules would have done on stored history',
    description:
      'The alarms that each rule would have raised per week, and after how many samples it finds a shift that is added to the stored values from several starts on. Changes nothing.',
  })
  backtestRules(@Body({ schema: backtestRequest }) request: BacktestRequest): Promise<BacktestAnswer> {
    return this.query.answer(request);
  }
}
