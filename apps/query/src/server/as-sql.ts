import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { recordTo, scriptOf } from '../sql/statements.ts';

/** What a client accepts that wants the statements behind an answer instead of the answer. */
const SQL_MEDIA_TYPE = 'application/sql';

/**
 * Answers with the statements behind an answer where a client accepts `application/sql`. The question runs as always, with
 * the same rights and limits. Must run before answers are compressed and get their tags.
 */
export function answerAsSql(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const recorded = new WeakMap<object, string[]>();
  fastify.addHook('preHandler', (request, _reply, done) => {
    if (request.headers.accept !== SQL_MEDIA_TYPE) {
      done();
      return;
    }
    const statements: string[] = [];
    recorded.set(request, statements);
    recordTo(statements, done);
  });
  fastify.addHook('onSend', async (request, reply, payload) => {
    const statements = recorded.get(request) ?? [];
    // An export is a stream of rows, and a problem stays one.
    if (statements.length === 0 || reply.statusCode !== 200 || typeof payload !== 'string') {
      return payload;
    }
    reply.header('content-type', `${SQL_MEDIA_TYPE}; charset=utf-8`);
    reply.removeHeader('content-length');
    return scriptOf(`${request.method} ${request.url}`, statements);
  });
}
