/** Control charts of stored measurements and counts. */
import { Module } from '@nestjs/common';
import { SpcController } from './spc.controller.ts';
import { SpcQuery } from './spc.query.ts';

@Module({ controllers: [SpcController], providers: [SpcQuery], exports: [SpcQuery] })
export class SpcModule {}
