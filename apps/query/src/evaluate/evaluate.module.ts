/** Charts, capability and gauge studies of numbers that the caller sends, without the database. */
import { Module } from '@nestjs/common';
import { EvaluateController } from './evaluate.controller.ts';

@Module({ controllers: [EvaluateController] })
export class EvaluateModule {}
