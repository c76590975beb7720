/** Geometry of the wafers of a product. */
import { Module } from '@nestjs/common';
import { GeometriesController } from './geometries.controller.ts';
import { GeometriesQuery } from './geometries.query.ts';

@Module({ controllers: [GeometriesController], providers: [GeometriesQuery] })
export class GeometriesModule {}
