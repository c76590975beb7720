/** Units by hard and soft bin. */
import { Module } from '@nestjs/common';
import { BinsController } from './bins.controller.ts';
import { BinsQuery } from './bins.query.ts';

@Module({ controllers: [BinsController], providers: [BinsQuery], exports: [BinsQuery] })
export class BinsModule {}
