import { timingSafeEqual } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { decodeJwt } from 'jose';
import { randomState } from 'openid-client';
import { z } from 'zod';
import { Problem } from '../http/problem.error.ts';
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

/** The session of a browser: the token of its user, in a cookie that no script can read. It ends with the token. */
export class Sessions {
  readonly #cookie: SealedCookie<typeof contentSchema>;

  constructor(secret: string, isEncrypted: boolean) {
    this.#cookie = new SealedCookie({
      name: 'chip-session',
      content: contentSchema,
      secret,
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

  /** The header `Set-Cookie` that ends the session in this browser. */
  end(): string {
    return this.#cookie.forget();
  }

  /** What a page returns in {@link CSRF_HEADER}; undefined without a session. */
  async csrfOf({ cookie }: IncomingHttpHeaders): Promise<string | undefined> {
    return (await this.#cookie.open(cookie))?.csrf;
  }

  /**
   * The token of the user whose browser sends the request; undefined without a session.
   *
   * @throws Problem 401 when the session has ended, 403 for a write without its CSRF token
   */
  async tokenOf({ method, headers }: SessionRequest): Promise<string | undefined> {
    const content = await this.#cookie.open(headers.cookie);
    if (content === undefined) {
      if (this.#cookie.isIn(headers.cookie)) {
        throw new Problem(401, 'unauthenticated', 'the session has ended: sign in again');
      }
      return undefined;
    }
    if (method !== 'GET' && method !== 'HEAD' && !isSame(headers[CSRF_HEADER], content.csrf)) {
      throw new Problem(403, 'forbidden', `the header ${CSRF_HEADER} is missing or not of this session`);
    }
    return content.token;
  }
}

const isSame = (given: unknown, expected: string): boolean =>
  typeof given === 'string' &&
  given.length === expected.length &&
  timingSafeEqual(Buffer.from(given), Buffer.from(expected));
