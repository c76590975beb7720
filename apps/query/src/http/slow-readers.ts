import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/** A reader slower than this counts as stalled: it only keeps memory here, or old rows in the database. */
export const LEAST_BYTES_PER_SECOND = 8 * 1024;
/** Routes whose answers come as they arise, with a limit of their own on readers that do not read. */
const PACED = /^\/v1\/(export\/|events$)/;

/**
 * Cuts off readers of whole answers that do not read: each would keep up to 16 MB in memory for as long as it likes. The
 * time begins when the answer is there, so it limits no computation.
 *
 * @param stallMs without any progress; to it comes the time that the bytes may take
 */
export function cutOffSlowReaders(app: NestFastifyApplication, stallMs: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', async ({ routeOptions }, reply, payload) => {
    if (PACED.test(routeOptions.url ?? '')) {
      return payload;
    }
    const { raw } = reply;
    // Node closes a connection on which nothing moves for so long.
    raw.setTimeout(stallMs);
    // Before Node sets the time of an idle one: a request that was sent ahead may take longer to answer.
    raw.prependOnceListener('finish', () => raw.socket?.setTimeout(0));
    if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
      const seconds = Math.ceil(Buffer.byteLength(payload) / LEAST_BYTES_PER_SECOND);
      const late = setTimeout(() => raw.destroy(), stallMs + seconds * 1000).unref();
      raw.once('close', () => clearTimeout(late));
    }
    return payload;
  });
}
