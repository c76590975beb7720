import { timingSafeEqual } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { decodeJwt } from 'jose';
import { randomState } from 'openid-client';
import { z } from 'zod';
import { Problem } from '../http/problem.error.ts';
import { type EndedSessions } from './ended-sessions.ts';
import { SealedCookie } from './sealed-cookie.ts';

/** The header in which a page returns the token that only pages of this service can read. */
const CSRF_HEADER = 'x-csrf-token';

const contentSchema = z.object({
  token: z.string(),
  /** Proves that a write comes from a page that could read an answer of this service. */
  csrf: z.string(),
});

interface SessionRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** The session of a browser: the token of its user, in a cookie that no script can read. It ends with the token, or before. */
export class Sessions {
  readonly #cookie: SealedCookie<typeof contentSchema>;

  /**
   * @param secrets see {@link SealedCookie}
   * @param ended the sessions of which copies of the cookie must not work
   */
  constructor(
    secrets: () => readonly [string, ...string[]],
    isEncrypted: boolean,
    private readonly ended: EndedSessions,
  ) {
    this.#cookie = new SealedCookie({
      name: 'chip-session',
      content: contentSchema,
      secrets,
      isEncrypted,
      sameSite: 'strict',
    });
  }

  /**
   * @param token that was checked, so it states its end
   * @returns the header `Set-Cookie`, or undefined when the token is too large for a cookie
   */
  async begin(token: string): Promise<string | undefined> {
    return this.#cookie.seal({ token, csrf: randomState() }, decodeJwt(token).exp as number);
  }

  /**
   * Ends the session, so that copies of its cookie no longer work. One that has ended already may be forgotten by anyone.
   *
   * @returns the header `Set-Cookie` that makes this browser forget it
   * @throws Problem 403 without its CSRF token
   */
  async end({ headers }: SessionRequest): Promise<string> {
    const content = await this.#cookie.open(headers.cookie);
    if (content !== undefined && !this.ended.knows(content.csrf)) {
      demandCsrf(headers, content.csrf);
      const { sub, exp } = decodeJwt(content.token);
      await this.ended.add({ secret: content.csrf, actor: `oidc:${sub?.slice(0, 150)}`, endsAt: exp as number });
    }
    return this.#cookie.forget();
  }

  /** What a page returns in {@link CSRF_HEADER}; undefined without a session. */
  async csrfOf({ cookie }: IncomingHttpHeaders): Promise<string | undefined> {
    const csrf = (await this.#cookie.open(cookie))?.csrf;
    return csrf !== undefined && this.ended.knows(csrf) ? undefined : csrf;
  }

  /**
   * The token of the user whose browser sends the request; undefined without a session.
   *
   * @throws Problem 401 when the session has ended, 403 for a write without its CSRF token, 503 when neither can be told
   */
  async tokenOf({ method, headers }: SessionRequest): Promise<string | undefined> {
    if (!this.#cookie.isIn(headers.cookie)) {
      return undefined;
    }
    const content = await this.#cookie.open(headers.cookie);
    if (content === undefined || (await this.ended.has(content.csrf))) {
      throw new Problem(401, 'unauthenticated', 'the session has ended: sign in again');
    }
    if (method !== 'GET' && method !== 'HEAD') {
      demandCsrf(headers, content.csrf);
    }
    return content.token;
  }
}

/** @throws Problem 403 */
function demandCsrf(headers: IncomingHttpHeaders, expected: string): void {
  if (!isSame(headers[CSRF_HEADER], expected)) {
    throw new Problem(403, 'forbidden', `the header ${CSRF_HEADER} is missing or not of this session`);
  }
}

const isSame = (given: unknown, expected: string): boolean =>
  typeof given === 'string' &&
  given.length === expected.length &&
  timingSafeEqual(Buffer.from(given), Buffer.from(expected));
