import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { isLong, jsonSteps } from '../http/json-text.ts';
import { inTurns, nextTurn } from '../http/next-turn.ts';

/** Writes long answers in turns: a whole chart is 16 MB of text, and other requests would wait until it is written. */
export function writeInTurns(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preSerialization', (_request, reply, payload, done) => {
    if (!isLong(payload)) {
      done(null, payload);
      return;
    }
    inTurns(jsonSteps(payload))
      // The tag of the text takes a turn of its own.
      .then(async (text) => {
        await nextTurn();
        reply.serializer(() => text);
        done(null, payload);
      })
      .catch(done);
  });
}
