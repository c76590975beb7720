import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_ROLES, KEY_SCOPES, type KeyRole, type KeyScope } from '@chip/persistence';
import { isLoopback, type Logger } from '@chip/service';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { Problem } from '../http/problem.error.ts';
import { type Caller } from './caller.ts';

/** Age at which the issuer's keys are read again. */
const FRESH_MS = 10 * 60_000;
/** A request waits this long for fresh keys while older ones are usable: an issuer that hangs must not slow callers down. */
const PATIENCE_MS = 250;
/** How long old keys still serve while the issuer is away. Tokens expire sooner, so withdrawn ones end in any case. */
const USABLE_MS = 75 * 60_000;
/** A token with an unknown `kid` triggers a read of the keys, but not more often than this. */
const LOOK_AGAIN_MS = 30_000;
/** Without usable keys every request fails, so the service looks again sooner. */
const LOOK_SOON_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
const CLOCK_TOLERANCE_S = 30;
/** Only signatures by a key that the issuer alone holds: neither `none` nor a shared secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Keys that come unencrypted from elsewhere could be anyone's. */
const safeUrl = z
  .url({ abort: true })
  .refine((url) => url.startsWith('https://') || isLoopback(new URL(url).hostname), 'must be an https URL');
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: safeUrl });
const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });
const names = z.union([z.string().transform((name) => [name]), z.array(z.string()).max(1000)]).optional();
const claimsSchema = z.object({
  sub: z.string().min(1),
  scope: z.string().optional(),
  chip_role: names,
  chip_sites: names,
  chip_products: names,
});

type KeySet = ReturnType<typeof createLocalJWKSet>;

export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly logger: Logger;
  /** Milliseconds; for tests of outages. */
  readonly now?: () => number;
}

/**
 * Checks bearer tokens (RFC 9068) of an OpenID Connect issuer. Claims state what a token allows: `chip_role` (a role, or a
 * list of which the first known one counts), `chip_sites` and `chip_products` (limits; absent = none), and `scope`.
 */
export class TokenCheck {
  readonly #settings: TokenSettings;
  readonly #now: () => number;
  #keySet: KeySet | undefined;
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(settings: TokenSettings) {
    this.#settings = settings;
    this.#now = settings.now ?? Date.now;
  }

  /** @throws Problem 401 that states the fault of the token, 403 without a role, 503 when the issuer is away too long */
  async callerOf(token: string): Promise<Caller> {
    const payload = await this.#verified(token);
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) {
      throw refused('its claims are not valid');
    }
    const { sub, scope, chip_role = [], chip_sites, chip_products } = claims.data;
    const role = chip_role.find((name): name is KeyRole => (KEY_ROLES as readonly string[]).includes(name));
    if (role === undefined) {
      throw new Problem(403, 'forbidden', `the token has no claim chip_role with one of ${KEY_ROLES.join(', ')}`);
    }
    const scopes = (scope ?? '')
      .split(' ')
      .filter((name): name is KeyScope => (KEY_SCOPES as readonly string[]).includes(name));
    const subject = `oidc:${sub.slice(0, 150)}`;
    return { subject, countedAs: subject, role, scopes, sites: chip_sites ?? null, products: chip_products ?? null };
  }

  async #verified(token: string): Promise<JWTPayload> {
    await this.#ensureKeys();
    try {
      return await this.#verify(token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) {
        throw tokenProblem(error);
      }
    }
    // The issuer may have a new key.
    if (this.#age() > LOOK_AGAIN_MS) {
      await this.#look(LOOK_AGAIN_MS);
    }
    try {
      return await this.#verify(token);
    } catch (error) {
      throw tokenProblem(error);
    }
  }

  async #verify(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#settings;
    const { payload } = await jwtVerify(token, this.#keySet as KeySet, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(this.#now()),
    });
    return payload;
  }

  #age(): number {
    return this.#now() - this.#readAt;
  }

  /** @throws Problem 503 without keys, or when they are too old */
  async #ensureKeys(): Promise<void> {
    if (this.#age() > USABLE_MS) {
      await this.#look(LOOK_SOON_MS);
    } else if (this.#age() > FRESH_MS) {
      await Promise.race([this.#look(LOOK_AGAIN_MS), sleep(PATIENCE_MS, undefined, { ref: false })]);
    }
    if (this.#age() > USABLE_MS) {
      throw new Problem(503, 'issuer_unavailable', 'the issuer of the token does not answer: try again');
    }
  }

  /** Reads the keys, unless that was tried less than `pauseMs` ago. A failure leaves the keys as they are. */
  async #look(pauseMs: number): Promise<void> {
    const now = this.#now();
    if (this.#reading === undefined && now - this.#triedAt > pauseMs) {
      this.#triedAt = now;
      this.#reading = this.#read()
        .catch((err: unknown) => this.#settings.logger.warn({ err }, 'issuer_keys_not_read'))
        .finally(() => (this.#reading = undefined));
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const readAt = this.#now();
    const { issuer } = this.#settings;
    const discovery = discoverySchema.parse(
      await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
    );
    if (discovery.issuer !== issuer) {
      throw new Error('the issuer states another name than OIDC_ISSUER');
    }
    const keys = keySetSchema.parse(await fetchJson(discovery.jwks_uri));
    this.#keySet = createLocalJWKSet(keys as JSONWebKeySet);
    this.#readAt = readAt;
  }
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) {
    throw new Error(`the issuer answers ${response.status}`);
  }
  return response.json();
}

const refused = (why: string): Problem => new Problem(401, 'unauthenticated', `the token is refused: ${why}`);

/** States what is wrong, as far as it helps an honest caller. */
function tokenProblem(error: unknown): Problem {
  if (error instanceof errors.JWTExpired) {
    return refused('it has expired');
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(`its claim ${error.claim} is not valid`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return refused('the issuer has no key with its kid');
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return refused('its algorithm is not allowed');
  }
  return refused('it is not a token of this issuer');
}
