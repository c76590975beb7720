import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '../http/documented-route.ts';
import { type LotPath, lotPath } from '../lots/lot-answer.ts';
import {
  type GalleryAnswer,
  type GalleryParameters,
  type LotMapAnswer,
  type LotMapParameters,
  type StackMapAnswer,
  type StackMapParameters,
  type WaferMapAnswer,
  type WaferMapParameters,
  type WaferPath,
  galleryAnswer,
  galleryParameters,
  lotMapAnswer,
  lotMapParameters,
  stackMapAnswer,
  stackMapParameters,
  waferMapAnswer,
  waferMapParameters,
  waferPath,
} from './map-answer.ts';
import { MAX_GALLERY_DIES } from './dies.sql.ts';
import { MapsQuery } from './maps.query.ts';
import { MAX_STACKED } from './stacked-attempts.sql.ts';

@ApiTags('Wafer maps')
@Controller('v1')
export class MapsController {
  constructor(private readonly query: MapsQuery) {}

  @Get('lots/:lot_id/wafers/:wafer_id/map')
  @Answers(waferMapAnswer, {
    summary: 'Map of one wafer',
    description: 'One value per die position, compact enough for a whole 300 mm wafer; yield by zone with `zones`.',
    notFound: 'There is no such lot, or no such wafer in it.',
  })
  getWaferMap(
    @Param({ schema: waferPath }) path: WaferPath,
    @Query({ schema: waferMapParameters }) parameters: WaferMapParameters,
  ): Promise<WaferMapAnswer> {
    return this.query.wafer(path, parameters);
  }

  @Get('lots/:lot_id/maps')
  @Answers(galleryAnswer, {
    summary: 'Maps of all wafers of a lot',
    description: `Every wafer side by side, in one answer: the die positions once, and the values of each wafer in their order. At most ${MAX_GALLERY_DIES} dice; request a larger lot wafer by wafer.`,
    notFound: 'There is no such lot.',
  })
  getWaferMaps(
    @Param({ schema: lotPath }) path: LotPath,
    @Query({ schema: galleryParameters }) parameters: GalleryParameters,
  ): Promise<GalleryAnswer> {
    return this.query.gallery(path, parameters);
  }

  @Get('lots/:lot_id/map')
  @Answers(lotMapAnswer, {
    summary: 'Stacked map of a lot',
    description:
      'The wafers of the lot on top of each other: how often each die position fails, or any other value. Shows patterns that repeat from wafer to wafer.',
    notFound: 'There is no such lot.',
  })
  getLotMap(
    @Param({ schema: lotPath }) path: LotPath,
    @Query({ schema: lotMapParameters }) parameters: LotMapParameters,
  ): Promise<LotMapAnswer> {
    return this.query.lot(path, parameters);
  }

  @Get('map')
  @Answers(stackMapAnswer, {
    summary: 'Stacked map of many lots',
    description: `All wafers that match the filters on top of each other: of several lots, of a product, of a range. Several products are refused unless mix=yes, because their dice lie elsewhere. Of results, bins and numbers of defects at most ${MAX_STACKED} attempts.`,
  })
  getStackedMap(@Query({ schema: stackMapParameters }) parameters: StackMapParameters): Promise<StackMapAnswer> {
    return this.query.stack(parameters);
  }
}
