import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Caller } from '../access/caller.ts';
import { type SharedAnswers } from '../query.metrics.ts';
import { hasETag } from './revalidation.ts';

/** Runs of one key at a time: with one, a request during a run would wait twice as long even if a core is free. */
const MOST_RUNS = 2;

/** What {@link SharedRuns} gives to a caller. */
export interface Turn<T> {
  /** Of another one's run; undefined = the turn is for a run of one's own, which must end. */
  readonly answer: T | undefined;
  /** Ends the run. @param answer undefined when it has none for others, who then run themselves */
  end(answer: T | undefined): void;
}

interface Runs<T> {
  running: number;
  /** Those who came while as many as may were running: the next run answers all of them. */
  waiting: ((turn: Turn<T>) => void)[];
}

/**
 * Lets those who ask for the same share a run. Nobody gets the answer of a run that began before they asked, so each answer is
 * as new as one of their own would be.
 */
export class SharedRuns<T> {
  readonly #byKey = new Map<string, Runs<T>>();

  async join(key: string): Promise<Turn<T>> {
    const runs = this.#byKey.get(key) ?? { running: 0, waiting: [] };
    this.#byKey.set(key, runs);
    if (runs.running >= MOST_RUNS) {
      return new Promise((resolve) => {
        runs.waiting.push(resolve);
      });
    }
    return this.#begin(key, runs, []);
  }

  #begin(key: string, runs: Runs<T>, others: Runs<T>['waiting']): Turn<T> {
    runs.running++;
    let hasEnded = false;
    return {
      answer: undefined,
      end: (answer) => {
        if (hasEnded) {
          return;
        }
        hasEnded = true;
        runs.running--;
        for (const resolve of others) {
          resolve(answer === undefined ? this.#begin(key, runs, []) : { answer, end: () => {} });
        }
        const [next, ...rest] = runs.waiting.splice(0);
        next?.(this.#begin(key, runs, rest));
        if (runs.running === 0) {
          this.#byKey.delete(key);
        }
      },
    };
  }
}

/** What answers one request can answer others with. */
interface SharedAnswer {
  readonly payload: string | Buffer;
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>;
}

/**
 * Answers requests for the same with one computation, where they wait anyway (ADR 0081). Must run after everything that
 * answers by other means than its route, and before answers get their tags, which are for the client of each.
 *
 * @param callerOf undefined for requests that are not answered from the data of callers
 */
export function shareAnswers(
  app: NestFastifyApplication,
  callerOf: (request: object) => Caller | undefined,
  shared: SharedAnswers,
): void {
  const runs = new SharedRuns<SharedAnswer>();
  const turns = new WeakMap<object, Turn<SharedAnswer>>();
  const fastify = app.getHttpAdapter().getInstance();
  // Async, so that each request goes on with its own caller, not with that of the request which answers it.
  fastify.addHook('preHandler', async (request, reply) => {
    const route = request.routeOptions.url ?? '';
    const caller = callerOf(request);
    if (request.method !== 'GET' || caller === undefined || !hasETag(route)) {
      return undefined;
    }
    const { role, scopes, sites, products } = caller;
    const { accept } = request.headers;
    const turn = await runs.join(JSON.stringify([request.url, accept, role, scopes, sites, products]));
    const { answer } = turn;
    if (answer === undefined) {
      turns.set(request, turn);
      // Where its client goes before the answer is there, others do not wait for it.
      reply.raw.once('close', () => turn.end(undefined));
      if (reply.raw.destroyed) {
        turn.end(undefined);
        return reply.hijack();
      }
      return undefined;
    }
    shared.count(route);
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !reply.hasHeader(name)) {
        reply.header(name, value);
      }
    }
    return reply.send(answer.payload);
  });
  fastify.addHook('onSend', async (request, reply, payload) => {
    const isWhole = reply.statusCode === 200 && (typeof payload === 'string' || Buffer.isBuffer(payload));
    turns.get(request)?.end(isWhole ? { payload, headers: reply.getHeaders() } : undefined);
    return payload;
  });
}
