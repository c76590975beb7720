import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/** Text in all its forms, exports included. Not events, which must leave at once, nor what is compressed by itself. */
const COMPRESSIBLE = /^(text\/(?!event-stream)|image\/svg\+xml|application\/((problem\+)?json|x-ndjson|javascript))\b/;
/** Bytes below which a header costs as much as compression saves. */
const LEAST_BYTES = 1_024;
/** The fastest level of both: an export compresses for as long as it runs, and a core is worth more than the last tenth. */
const LEVEL = 1;
/**
 * Answers up to this many bytes are compressed in one call, in at most half a millisecond. As a stream in another thread, a
 * list of 36 KB takes ten times the processor time of its compression, and waits behind the exports that use those threads.
 */
const AT_ONCE_BYTES = 65_536;

/**
 * Compresses answers as the client accepts it: Brotli, else gzip. Must run before routes are added. Their ETag stays that
 * of the content, because it is weak; `Vary` tells caches of the encoding.
 */
export async function compressAnswers(app: NestFastifyApplication): Promise<void> {
  await app.register(compress as never, {
    customTypes: COMPRESSIBLE,
    encodings: ['br', 'gzip'],
    threshold: LEAST_BYTES,
    syncThreshold: AT_ONCE_BYTES,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: LEVEL } },
    zlibOptions: { level: LEVEL },
    // A compressed request could be far larger than the limit of its body.
    globalDecompression: false,
  });
}
