/** What control rules would have done on stored history. */
import { Module } from '@nestjs/common';
import { BacktestController } from './backtest.controller.ts';
import { BacktestQuery } from './backtest.query.ts';

@Module({ controllers: [BacktestController], providers: [BacktestQuery] })
export class BacktestModule {}
