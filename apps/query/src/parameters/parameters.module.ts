/** Catalogue of measured parameters: their units and dated specification limits. */
import { Module } from '@nestjs/common';
import { ParametersController } from './parameters.controller.ts';
import { ParametersQuery } from './parameters.query.ts';

@Module({ controllers: [ParametersController], providers: [ParametersQuery] })
export class ParametersModule {}
