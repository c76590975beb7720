import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import {
  type AuditPage,
  auditPage,
  type ListParameters,
  listParameters,
  type VerifyAnswer,
  type VerifyParameters,
  verifyAnswer,
  verifyParameters,
} from './audit-answer.ts';
import { AuditQuery } from './audit.query.ts';

@ApiTags('Audit')
@Controller('v1/audit')
@Needs('audit')
export class AuditController {
  constructor(private readonly query: AuditQuery) {}

  @Get()
  @Answers(auditPage, {
    summary: 'Changes made by people and operators, newest first',
    description: 'Who changed what, when and why, with the value before and after. Entries are never changed.',
  })
  listAudit(@Query({ schema: listParameters }) parameters: ListParameters): Promise<AuditPage> {
    return this.query.list(parameters);
  }

  @Get('verify')
  @Answers(verifyAnswer, {
    summary: 'Whether the audit trail is intact',
    description: 'Walks every entry of the hash chains and names the first broken one.',
  })
  verifyAudit(@Query({ schema: verifyParameters }) parameters: VerifyParameters): Promise<VerifyAnswer> {
    return this.query.verify(parameters);
  }
}
