import { type Logger } from '@chip/service';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { Problem } from '../http/problem.error.ts';
import { SealedCookie } from './sealed-cookie.ts';
import { type Sessions } from './session.ts';

/** Token of the {@link SignIn} of this service; null where there is none. */
export const SIGN_IN = Symbol('SIGN_IN');
/** Where the issuer sends the browser back to; the client at the issuer must list it. */
const RETURN_PATH = '/sign-in/done';
/** Time for a person to sign in at the issuer. */
const ATTEMPT_S = 10 * 60;
/** Age at which the issuer's addresses are read again. */
const FRESH_MS = 10 * 60_000;
const TIMEOUT_S = 5;
const MAX_PATH_LENGTH = 1_000;

/**
 * Why a person is not signed in:
 * - `expired`: it took too long, began in another browser, or was used before
 * - `refused`: by the issuer, or its token is not for this service
 * - `no_role`: the token has no role
 * - `too_large`: the token does not fit into a cookie
 * - `unavailable`: the issuer does not answer
 */
type SignInFailure = 'expired' | 'refused' | 'no_role' | 'too_large' | 'unavailable';

/** An attempt, between leaving for the issuer and coming back. */
const attemptSchema = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() });

interface SignInSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  /** Absent for a public client, which PKCE alone protects. */
  readonly clientSecret: () => string | undefined;
  readonly scope: string;
  /** Origin at which browsers reach this service. */
  readonly publicUrl: string;
  readonly secrets: () => readonly [string, ...string[]];
  readonly sessions: Sessions;
  /** @throws Problem for a token with which nothing can be done here */
  readonly check: (token: string) => Promise<unknown>;
  readonly logger: Logger;
  /** The clock, in ms; only tests set it. */
  readonly now?: () => number;
}

interface Redirect {
  readonly location: string;
  readonly cookies: readonly string[];
}

/** Signs people in at the page of the issuer: authorization code with PKCE. Instances share nothing but the secret. */
export class SignIn {
  readonly #settings: SignInSettings;
  readonly #attempts: SealedCookie<typeof attemptSchema>;
  #client: oidc.Configuration | undefined;
  #reading: Promise<oidc.Configuration> | undefined;
  #readAt = -Infinity;

  constructor(settings: SignInSettings) {
    this.#settings = settings;
    this.#attempts = new SealedCookie({
      name: 'chip-sign-in',
      content: attemptSchema,
      secrets: settings.secrets,
      isEncrypted: settings.publicUrl.startsWith('https:'),
      sameSite: 'lax',
    });
  }

  get sessions(): Sessions {
    return this.#settings.sessions;
  }

  /** Where a person begins to sign in. */
  get address(): string {
    return new URL('/sign-in/start', this.#settings.publicUrl).href;
  }

  /**
   * Leads to the issuer.
   *
   * @param given path of the view to which the browser returns
   * @throws Problem 400 for an address of another host
   */
  async start(given: string): Promise<Redirect> {
    const { publicUrl, scope } = this.#settings;
    const to = this.#ownPath(given);
    if (to === undefined) {
      throw new Problem(400, 'invalid_parameter', 'to: must be a path of this page', [
        { parameter: 'to', message: 'must be a path of this page' },
      ]);
    }
    const attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      to,
    };
    try {
      const location = oidc.buildAuthorizationUrl(await this.#issuer(), {
        redirect_uri: new URL(RETURN_PATH, publicUrl).href,
        scope,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        ...this.#resource(),
      });
      const cookie = await this.#attempts.seal(attempt, Date.now() / 1000 + ATTEMPT_S);
      return { location: location.href, cookies: [cookie ?? this.#attempts.forget()] };
    } catch (error) {
      return this.#failed(error, to);
    }
  }

  /**
   * Takes the browser back from the issuer, and begins its session.
   *
   * @param query of the request, with the code
   * @param cookie the header of that name
   */
  async finish(query: URLSearchParams, cookie: string | undefined): Promise<Redirect> {
    const { publicUrl, check, sessions } = this.#settings;
    const attempt = await this.#attempts.open(cookie);
    if (attempt === undefined || query.get('state') !== attempt.state) {
      return this.#failed('expired', '/');
    }
    const url = new URL(RETURN_PATH, publicUrl);
    url.search = query.toString();
    try {
      const checks = {
        pkceCodeVerifier: attempt.verifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      };
      const { access_token: token } = await oidc.authorizationCodeGrant(
        await this.#issuer(),
        url,
        checks,
        this.#resource(),
      );
      // A person without rights here learns it now, not from the first view.
      await check(token);
      const session = await sessions.begin(token);
      return session === undefined
        ? this.#failed('too_large', attempt.to)
        : { location: attempt.to, cookies: [session, this.#attempts.forget()] };
    } catch (error) {
      return this.#failed(error, attempt.to);
    }
  }

  /** Where a person ends the session at the issuer, too; undefined where the issuer has no such page or is away. */
  async farewell(): Promise<string | undefined> {
    try {
      const client = await this.#issuer();
      return client.serverMetadata().end_session_endpoint === undefined
        ? undefined
        : oidc.buildEndSessionUrl(client, { post_logout_redirect_uri: new URL('/', this.#settings.publicUrl).href })
            .href;
    } catch {
      return undefined;
    }
  }

  /** Names the audience where that is an address (RFC 8707); issuers with other names take them from the client or the scope. */
  #resource(): { resource?: string } {
    const { audience } = this.#settings;
    return /^https?:/.test(audience) ? { resource: audience } : {};
  }

  /** The path in ASCII, as a header needs it. @returns undefined for an address of another host */
  #ownPath(to: string): string | undefined {
    const { publicUrl } = this.#settings;
    if (!/^\/(?![/\\])/.test(to) || !URL.canParse(to, publicUrl)) {
      return undefined;
    }
    const { origin, pathname, search, hash } = new URL(to, publicUrl);
    const path = pathname + search + hash;
    // Parsing removes dots: "/.//host" is a path of this page whose text, in a redirect, names another host.
    const isOwn = origin === new URL(publicUrl).origin && !pathname.startsWith('//');
    return isOwn && path.length <= MAX_PATH_LENGTH ? path : undefined;
  }

  /** Leads back to the page, which says why. */
  #failed(cause: unknown, to: string): Redirect {
    const failure = typeof cause === 'string' ? (cause as SignInFailure) : failureOf(cause);
    // Errors of the library may quote answers of the issuer: only their codes are safe to log.
    const { code, error } = (cause ?? {}) as { code?: unknown; error?: unknown };
    this.#settings.logger.warn({ failure, code, error }, 'sign_in_failed');
    const location = new URL(to, this.#settings.publicUrl);
    location.searchParams.set('sign-in', failure);
    return { location: location.pathname + location.search, cookies: [this.#attempts.forget()] };
  }

  /** The issuer's addresses, read again from time to time; those of before serve while it is away. */
  async #issuer(): Promise<oidc.Configuration> {
    const { now = Date.now } = this.#settings;
    const before = this.#client;
    if (before !== undefined && now() - this.#readAt < FRESH_MS) {
      return before;
    }
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    try {
      this.#client = await this.#reading;
    } catch (error) {
      if (before === undefined) {
        throw error;
      }
    }
    this.#readAt = now();
    return this.#client ?? (before as oidc.Configuration);
  }

  #read(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    return oidc.discovery(
      new URL(issuer),
      clientId,
      undefined,
      // Read for each token: a renewed secret needs no restart.
      clientSecret() === undefined ? oidc.None() : (...call) => oidc.ClientSecretPost(clientSecret())(...call),
      {
        timeout: TIMEOUT_S,
        // The configuration admits plain HTTP on loopback only.
        execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
      },
    );
  }
}

function failureOf(error: unknown): SignInFailure {
  if (error instanceof Problem) {
    return error.status === 503 ? 'unavailable' : error.status === 403 ? 'no_role' : 'refused';
  }
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    return 'refused';
  }
  const { code } = error as { code?: unknown };
  return error instanceof oidc.ClientError && !UNREACHABLE.has(code) ? 'refused' : 'unavailable';
}

/** Codes of the library for an issuer that does not answer as one. */
const UNREACHABLE = new Set<unknown>(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM']);
