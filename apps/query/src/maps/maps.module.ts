/** Maps of wafers and stacks of them, with zones, as numbers and as pictures. */
import { Module } from '@nestjs/common';
import { MapsController } from './maps.controller.ts';
import { MapsQuery } from './maps.query.ts';
import { PicturesController } from './pictures/pictures.controller.ts';

@Module({ controllers: [MapsController, PicturesController], providers: [MapsQuery], exports: [MapsQuery] })
export class MapsModule {}
