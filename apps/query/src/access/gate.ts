import { type IncomingHttpHeaders } from 'node:http';
import { Problem } from '../http/problem.error.ts';
import { looksLikeKey } from '@chip/persistence';
import { ANONYMOUS, type Caller, hasRight, whatIsMissing } from './caller.ts';
import { type KeyCheck } from './key-check.ts';
import { type CallerRates } from './rate-limits.ts';
import { type RouteRule } from './rights.ts';
import { type TokenCheck } from './token-check.ts';
import { type Sessions } from '../sign-in/session.ts';

/** The parts of Fastify's request that tell who sends it. */
interface IdentifiedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** Identifies callers and decides whether they may use a route. Without `keys` and `tokens` everyone may. */
export class Gate {
  constructor(
    private readonly keys: KeyCheck | undefined,
    private readonly tokens: TokenCheck | undefined,
    private readonly rates: CallerRates,
    private readonly sessions: Sessions | undefined,
  ) {}

  get isOpen(): boolean {
    return this.keys === undefined && this.tokens === undefined;
  }

  /** @throws Problem 401, 403, 429 or 503 */
  async admit(request: IdentifiedRequest, { right, cost }: RouteRule): Promise<Caller> {
    const caller = this.isOpen ? ANONYMOUS : await this.#callerOf(request);
    if (!hasRight(caller, right)) {
      throw new Problem(403, 'forbidden', whatIsMissing(caller, right));
    }
    await this.rates.count(caller, cost);
    return caller;
  }

  async #callerOf(request: IdentifiedRequest): Promise<Caller> {
    const { authorization } = request.headers;
    const token = authorization === undefined ? await this.sessions?.tokenOf(request) : undefined;
    if (token !== undefined && this.tokens) {
      return this.tokens.callerOf(token);
    }
    const expected = [...(this.keys ? ['an API key'] : []), ...(this.tokens ? ['a token'] : [])].join(' or ');
    const [, credential] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (credential === undefined) {
      throw new Problem(401, 'unauthenticated', `send "Authorization: Bearer ..." with ${expected}`);
    }
    if (this.keys && (looksLikeKey(credential) || !this.tokens)) {
      return this.keys.callerOf(credential);
    }
    if (this.tokens && !looksLikeKey(credential)) {
      return this.tokens.callerOf(credential);
    }
    throw new Problem(401, 'unauthenticated', `this service takes ${expected}; the credential sent is something else`);
  }
}
