import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import { type LedgerAnswer, ledgerAnswer } from './ledger-answer.ts';
import { LedgerQuery } from './ledger.query.ts';

@ApiTags('Operation')
@Controller('v1/ledger')
@Needs('operation')
export class LedgerController {
  constructor(private readonly query: LedgerQuery) {}

  @Get()
  @Answers(ledgerAnswer, {
    summary: 'Every offset accounted for',
    description: 'Two balances per partition: offsets of the source topic, and the events in its records.',
  })
  getLedger(): Promise<LedgerAnswer> {
    return this.query.answer();
  }
}
