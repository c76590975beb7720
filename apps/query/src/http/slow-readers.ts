import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/** A reader slower than this counts as stalled: it only keeps memory here, or old rows in the database. */
export const LEAST_BYTES_PER_SECOND = 8 * 1024;
/** Routes that stream their answers and limit slow readers themselves. */
const PACED = /^\/v1\/(export\/|events$)/;

/**
 * Cuts off clients that do not read their answer: each would hold up to 16 MB in memory indefinitely. The time begins when
 * the answer is ready, so it does not limit the computation.
 *
 * @param stallMs longest time without progress; the whole answer may take this plus the time for its bytes
 */
export function cutOffSlowReaders(app: NestFastifyApplication, stallMs: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', async ({ routeOptions }, reply, payload) => {
    if (PACED.test(routeOptions.url ?? '')) {
      return payload;
    }
    const { raw } = reply;
    // Node closes a connection without progress for this long.
    raw.setTimeout(stallMs);
    // Runs before Node sets the time-out of an idle connection: a pipelined request may take longer to answer.
    raw.prependOnceListener('finish', () => raw.socket?.setTimeout(0));
    if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
      const seconds = Math.ceil(Buffer.byteLength(payload) / LEAST_BYTES_PER_SECOND);
      const late = setTimeout(() => raw.destroy(), stallMs + seconds * 1000).unref();
      raw.once('close', () => clearTimeout(late));
    }
    return payload;
  });
}
