/** Defects by property, and per inspected area. */
import { Module } from '@nestjs/common';
import { DefectsController } from './defects.controller.ts';
import { DefectsQuery } from './defects.query.ts';

@Module({ controllers: [DefectsController], providers: [DefectsQuery], exports: [DefectsQuery] })
export class DefectsModule {}
