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
 * Compresses answers as the client accepts it: Brotli, else gzip. Must run before routes are added. Their ETag stays that
 * of the content, because it is weak; `Vary` tells caches of the encoding.
 */
export async function compressAnswers(app: NestFastifyApplication): Promise<void> {
  await app.register(compress as never, {
    customTypes: COMPRESSIBLE,
    encodings: ['br', 'gzip'],
    threshold: LEAST_BYTES,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: LEVEL } },
    zlibOptions: { level: LEVEL },
    // A compressed request could be far larger than the limit of its body.
    globalDecompression: false,
  });
}
