import { readExactly } from '@chip/letters';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

const ROUTES: ReadonlySet<string> = new Set(['/v1/dead-letters/dry-run', '/v1/dead-letters/replays']);

/** Keeps the digits of numbers in a patch (`1.10`, integers above 2^53), because they end up in events. */
export function keepPatchDigits(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    void parse(request, text, (error, body: unknown) => {
      if (error === null && ROUTES.has(request.routeOptions.url ?? '') && hasPatch(body)) {
        body.patch = (readExactly(text) as { patch: unknown }).patch;
      }
      done(error, body);
    });
  });
}

const hasPatch = (body: unknown): body is { patch: unknown } =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, 'patch');
