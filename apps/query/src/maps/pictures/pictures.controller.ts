import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Draws } from '../../http/documented-route.ts';
import { type LotPath, lotPath } from '../../lots/lot-answer.ts';
import {
  type LotPictureParameters,
  lotPictureParameters,
  type StackPictureParameters,
  stackPictureParameters,
  type WaferPath,
  waferPath,
  type WaferPictureParameters,
  waferPictureParameters,
} from '../map-answer.ts';
import { MapsQuery } from '../maps.query.ts';
import { layOut, type Picture } from './picture.ts';
import { drawPng } from './png.ts';
import { drawSvg } from './svg.ts';

/** The parts of Fastify's reply used here. */
interface PictureReply {
  header(name: string, value: string): PictureReply;
  send(body: string | Buffer): unknown;
}

const WAFER = {
  summary: 'Picture of the map of one wafer',
  description:
    'The map that the same parameters give as numbers, drawn by the wafer geometry of the product with the notch at the bottom; without a geometry as a grid.',
  notFound: 'There is no such lot, or no such wafer in it.',
};
const LOT = {
  summary: 'Picture of the stacked map of a lot',
  description: 'The stacked map that the same parameters give as numbers, for a mail, a wiki or a dashboard.',
  notFound: 'There is no such lot.',
};
const STACK = {
  summary: 'Picture of the stacked map of many lots',
  description: 'The stacked map that the same parameters give as numbers, for a mail, a wiki or a dashboard.',
};

@ApiTags('Wafer maps')
@Controller('v1')
export class PicturesController {
  constructor(private readonly query: MapsQuery) {}

  @Get('lots/:lot_id/wafers/:wafer_id/map.svg')
  @Draws('image/svg+xml', WAFER)
  async getWaferMapSvg(
    @Param({ schema: waferPath }) path: WaferPath,
    @Query({ schema: waferPictureParameters }) parameters: WaferPictureParameters,
    @Res() reply: PictureReply,
  ): Promise<void> {
    await sendSvg(reply, await this.#wafer(path, parameters));
  }

  @Get('lots/:lot_id/wafers/:wafer_id/map.png')
  @Draws('image/png', WAFER)
  async getWaferMapPng(
    @Param({ schema: waferPath }) path: WaferPath,
    @Query({ schema: waferPictureParameters }) parameters: WaferPictureParameters,
    @Res() reply: PictureReply,
  ): Promise<void> {
    await sendPng(reply, await this.#wafer(path, parameters));
  }

  @Get('lots/:lot_id/map.svg')
  @Draws('image/svg+xml', LOT)
  async getLotMapSvg(
    @Param({ schema: lotPath }) path: LotPath,
    @Query({ schema: lotPictureParameters }) parameters: LotPictureParameters,
    @Res() reply: PictureReply,
  ): Promise<void> {
    await sendSvg(reply, await this.#lot(path, parameters));
  }

  @Get('lots/:lot_id/map.png')
  @Draws('image/png', LOT)
  async getLotMapPng(
    @Param({ schema: lotPath }) path: LotPath,
    @Query({ schema: lotPictureParameters }) parameters: LotPictureParameters,
    @Res() reply: PictureReply,
  ): Promise<void> {
    await sendPng(reply, await this.#lot(path, parameters));
  }

  @Get('map.svg')
  @Draws('image/svg+xml', STACK)
  async getStackedMapSvg(
    @Query({ schema: stackPictureParameters }) parameters: StackPictureParameters,
    @Res() reply: PictureReply,
  ): Promise<void> {
    await sendSvg(reply, await this.#stack(parameters));
  }

  @Get('map.png')
  @Draws('image/png', STACK)
  async getStackedMapPng(
    @Query({ schema: stackPictureParameters }) parameters: StackPictureParameters,
    @Res() reply: PictureReply,
  ): Promise<void> {
    await sendPng(reply, await this.#stack(parameters));
  }

  async #wafer(path: WaferPath, { size, ...parameters }: WaferPictureParameters): Promise<Picture> {
    return layOut(await this.query.wafer(path, parameters), `Lot ${path.lot_id}, wafer ${path.wafer_id}`, size, false);
  }

  async #lot(path: LotPath, { size, ...parameters }: LotPictureParameters): Promise<Picture> {
    return layOut(await this.query.lot(path, parameters), `Lot ${path.lot_id}, wafers stacked`, size, true);
  }

  async #stack({ size, ...parameters }: StackPictureParameters): Promise<Picture> {
    const { product, lot_id } = parameters;
    const of = [...(product ?? []), ...(lot_id ?? [])].join(', ');
    return layOut(await this.query.stack(parameters), `Wafers stacked${of === '' ? '' : `: ${of}`}`, size, true);
  }
}

async function sendSvg(reply: PictureReply, picture: Picture): Promise<void> {
  reply.header('content-type', 'image/svg+xml; charset=utf-8').send(await drawSvg(picture));
}

async function sendPng(reply: PictureReply, picture: Picture): Promise<void> {
  reply.header('content-type', 'image/png').send(Buffer.from(await drawPng(picture)));
}
