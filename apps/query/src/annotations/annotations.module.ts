/** Notes on charts: what happened at a time. */
import { Module } from '@nestjs/common';
import { AnnotationsController } from './annotations.controller.ts';
import { AnnotationsQuery } from './annotations.query.ts';

@Module({ controllers: [AnnotationsController], providers: [AnnotationsQuery] })
export class AnnotationsModule {}
