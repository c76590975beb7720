import { type ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { Lifecycle } from '@chip/service';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { StreamsEvents } from '../http/documented-route.ts';
import { integerParameter } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { StreamDatabases } from '../sql/stream-databases.ts';
import { Movements } from './movements.ts';
import { type Movement, nameOf, readMovements, stateOf } from './movements.sql.ts';

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

/** Ingest keeps no position. */
const isPosition = ({ source }: Movement): boolean => source === 'writer';

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
    const write = (moved: readonly Movement[]): void => {
      const positions = moved.map(({ topic, partition, next_offset }) => ({ topic, partition, next_offset }));
      say(`event: moved\ndata: ${JSON.stringify({ positions })}\n\n`);
    };
    if (seconds === 0) {
      write((await this.#movements()).filter(isPosition));
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
  async #follow(write: (moved: readonly Movement[]) => void): Promise<() => void> {
    const early: (readonly Movement[])[] = [];
    let tell = (moved: readonly Movement[], _reading: number): void => void early.push(moved);
    const leave = this.movements.listen((moved, reading) => tell(moved, reading));
    try {
      const movements = await this.#movements();
      const { lastReading } = this.movements;
      write(movements.filter(isPosition));
      const told = new Map(movements.map((one) => [nameOf(one), one]));
      const isNews = (one: Movement): boolean => {
        const before = told.get(nameOf(one));
        return before === undefined || stateOf(one) !== stateOf(before);
      };
      const isOlder = (one: Movement): boolean => (one.next_offset ?? 0) < (told.get(nameOf(one))?.next_offset ?? 0);
      const writeNews = (news: readonly Movement[]): void => {
        if (news.length > 0) {
          write(news);
        }
        news.forEach((one) => told.set(nameOf(one), one));
      };
      // Only a later reading may report a position that was moved back.
      const writeEarly = (moved: readonly Movement[]): void =>
        writeNews(moved.filter((one) => isNews(one) && !isOlder(one)));
      early.forEach(writeEarly);
      tell = (moved, reading) => (reading > lastReading ? writeNews(moved.filter(isNews)) : writeEarly(moved));
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Of each database that answers: movements tell the others when they are back. @throws Problem 503 when none does */
  async #movements(): Promise<Movement[]> {
    const read = await Promise.allSettled(
      this.databases.all.map(async ({ snapshots, owns }) => {
        const movements = await snapshots.read((snapshot) => readMovements(snapshot));
        return movements.filter(owns);
      }),
    );
    const [away] = read.filter((one) => one.status === 'rejected');
    if (away && read.every(({ status }) => status === 'rejected')) {
      throw away.reason;
    }
    return read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }
}
