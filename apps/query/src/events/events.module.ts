/** A stream of events that tells pages and programs when to ask again. */
import { Module } from '@nestjs/common';
import { EventsController } from './events.controller.ts';
import { Movements } from './movements.ts';

@Module({ controllers: [EventsController], providers: [Movements] })
export class EventsModule {}
