import { hash } from 'node:crypto';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/** Routes whose answers are of the moment, so that no copy is ever good. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set(['/v1/pipeline', '/v1/ledger', '/v1/events']);

/** Whether answers of a route, in the spelling of Fastify or of OpenAPI, carry an ETag. Exports are streams. */
export const hasETag = (url: string): boolean =>
  url.startsWith('/v1/') && !url.startsWith('/v1/export/') && !OF_THE_MOMENT.has(url);

/**
 * Gives each answer an ETag of its content, and answers 304 to a client that has it. The content, not the state of the
 * database, because nothing else that changes an answer can be forgotten then. Weak: a proxy may compress.
 */
export function revalidate(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', async ({ method, routeOptions, headers }, reply, payload) => {
    if (
      method !== 'GET' ||
      reply.statusCode !== 200 ||
      !(typeof payload === 'string' || Buffer.isBuffer(payload)) ||
      !hasETag(routeOptions.url ?? '')
    ) {
      return payload;
    }
    const tag = hash('sha256', payload, 'base64url');
    reply.header('etag', `W/"${tag}"`);
    if (!matches(headers['if-none-match'], tag)) {
      return payload;
    }
    reply.code(304);
    reply.removeHeader('content-type');
    return null;
  });
}

const matches = (known: string | undefined, tag: string): boolean =>
  known?.split(',').some((entry) => ['*', `"${tag}"`, `W/"${tag}"`].includes(entry.trim())) ?? false;
