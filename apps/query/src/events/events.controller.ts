import { type ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { type AsOf, readAsOf } from '@chip/persistence';
import { Lifecycle } from '@chip/service';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { StreamsEvents } from '../http/documented-route.ts';
import { integerParameter } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { StreamDatabases } from '../sql/stream-databases.ts';
import { Movements } from './movements.ts';
import { type Movement } from './movements.sql.ts';

const MAX_SECONDS = 300;
/** A client connects again after it, so that a revoked key ends soon. */
const DEFAULT_SECONDS = 60;
/** Most streams at once in one process: each holds a connection. */
const MAX_STREAMS = 200;
/** Shorter than proxies wait for a byte. */
const HEARTBEAT_MS = 15_000;
/** Most bytes that a client may leave unread, beyond the buffers of its connection: positions of a minute or more. */
const MAX_UNREAD_BYTES = 256 * 1024;

const parameters = z.strictObject({
  seconds: integerParameter(0, MAX_SECONDS).default(DEFAULT_SECONDS).meta({
    description: 'The stream ends after this time; connect again. 0: the positions of now, and the end.',
    example: DEFAULT_SECONDS,
  }),
});
type Parameters = z.output<typeof parameters>;

type Position = Pick<Movement, 'topic' | 'partition' | 'next_offset'>;
const nameOf = ({ topic, partition }: Position): string => `${topic} ${partition}`;

/** The parts of Fastify's reply used here. */
interface StreamReply {
  header(name: string, value: string): StreamReply;
  send(body: Readable): unknown;
  readonly raw: ServerResponse;
}

@ApiTags('Operation')
@Controller('v1/events')
export class EventsController {
  readonly #open = new Set<PassThrough>();
  /** Streams whose first positions are being read. */
  #opening = 0;
  #isEnding = false;

  constructor(
    private readonly databases: StreamDatabases,
    @Inject(Movements) private readonly movements: Movements,
    lifecycle: Lifecycle,
  ) {
    // A stream is a request that would never end by itself.
    lifecycle.onDrain('intake', 'events', () => {
      this.#isEnding = true;
      this.#open.forEach((stream) => stream.end());
    });
  }

  @Get()
  @StreamsEvents({
    summary: 'Positions as they move',
    description:
      'Server-sent events. `moved` has `{"positions": [{topic, partition, next_offset}]}`: all of them at first, then those that changed or whose partition changed its state, at most twice a second. Ask again for what you show; as_of says whether an answer includes them.',
  })
  async getEvents(@Query({ schema: parameters }) { seconds }: Parameters, @Res() reply: StreamReply): Promise<void> {
    if (this.#open.size + this.#opening >= MAX_STREAMS) {
      throw new Problem(503, 'overloaded', `${MAX_STREAMS} streams of events are open: try again`);
    }
    const stream = new PassThrough();
    const say = (text: string): void => {
      // A client that does not read would keep its stream open after the end, and unsent positions in memory.
      if (stream.writableEnded || stream.writableLength > MAX_UNREAD_BYTES) {
        stream.destroy();
      } else {
        stream.write(text);
      }
    };
    const write = (moved: readonly Position[]): void => {
      const positions = moved.map(({ topic, partition, next_offset }) => ({ topic, partition, next_offset }));
      say(`event: moved\ndata: ${JSON.stringify({ positions })}\n\n`);
    };
    if (seconds === 0) {
      write(await this.#positions());
      stream.end();
    } else {
      const leave = await this.#opened(this.#follow(write));
      const heartbeat = setInterval(() => say(': \n\n'), HEARTBEAT_MS).unref();
      const end = setTimeout(() => stream.end(), seconds * 1_000).unref();
      this.#open.add(stream);
      stream.once('close', () => {
        leave();
        clearInterval(heartbeat);
        clearTimeout(end);
        this.#open.delete(stream);
      });
      reply.raw.once('close', () => stream.destroy());
      if (this.#isEnding) {
        stream.end();
      }
    }
    reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store').send(stream);
  }

  /** Streams that are opening count as open: otherwise simultaneous requests would all find room. */
  async #opened<T>(opening: Promise<T>): Promise<T> {
    this.#opening++;
    try {
      return await opening;
    } finally {
      this.#opening--;
    }
  }

  /**
   * Writes all positions, and then what moves. It listens first: what moves while they are read comes behind them, unless
   * they are newer.
   *
   * @returns how to stop
   */
  async #follow(write: (moved: readonly Position[]) => void): Promise<() => void> {
    const early: (readonly Position[])[] = [];
    let tell = (moved: readonly Position[], _reading: number): void => void early.push(moved);
    const leave = this.movements.listen((moved, reading) => tell(moved, reading));
    try {
      const positions = await this.#positions();
      const { lastReading } = this.movements;
      write(positions);
      const told = new Map(positions.map((position) => [nameOf(position), position.next_offset]));
      const writeNews = (moved: readonly Position[]): void => {
        if (moved.length > 0) {
          write(moved);
        }
        moved.forEach((one) => told.set(nameOf(one), one.next_offset ?? told.get(nameOf(one)) ?? 0));
      };
      // With the same offset its state may have changed.
      const isNews = (one: Position): boolean =>
        one.next_offset === null || one.next_offset >= (told.get(nameOf(one)) ?? 0);
      early.forEach((moved) => writeNews(moved.filter(isNews)));
      // Only a later reading may report a position that was moved back.
      tell = (moved, reading) => writeNews(reading > lastReading ? moved : moved.filter(isNews));
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Of each database that answers: movements tell the others when they are back. @throws Problem 503 when none does */
  async #positions(): Promise<AsOf['positions']> {
    const read = await Promise.allSettled(
      this.databases.all.map(async ({ snapshots, owns }) => {
        const { positions } = await snapshots.read((snapshot) => readAsOf(snapshot));
        return positions.filter(owns);
      }),
    );
    const [away] = read.filter((one) => one.status === 'rejected');
    if (away && read.every(({ status }) => status === 'rejected')) {
      throw away.reason;
    }
    return read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }
}
