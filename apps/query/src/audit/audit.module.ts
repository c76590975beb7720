/** The audit trail: its entries, and their verification. */
import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.ts';
import { AuditQuery } from './audit.query.ts';

@Module({ controllers: [AuditController], providers: [AuditQuery] })
export class AuditModule {}
