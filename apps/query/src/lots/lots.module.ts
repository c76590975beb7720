/** Lots and their chips. */
import { Module } from '@nestjs/common';
import { LotsController } from './lots.controller.ts';
import { LotsQuery } from './lots.query.ts';

@Module({ controllers: [LotsController], providers: [LotsQuery] })
export class LotsModule {}
