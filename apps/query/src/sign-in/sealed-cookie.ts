import { hkdfSync } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { type z } from 'zod';

/** Browsers drop a larger cookie without a word. */
const MAX_COOKIE_BYTES = 4_096;

interface CookieSettings<Content extends z.ZodType> {
  readonly name: string;
  readonly content: Content;
  /** The same on every instance behind one address: the first seals, all open. */
  readonly secrets: () => readonly [string, ...string[]];
  /** Whether browsers reach this service over HTTPS. */
  readonly isEncrypted: boolean;
  /** `lax` also comes with the request that the issuer's page leads to. */
  readonly sameSite: 'lax' | 'strict';
}

/**
 * A cookie that only this service can read or make: its content is encrypted (AES-256-GCM) and states its end, so no
 * instance keeps anything.
 */
export class SealedCookie<Content extends z.ZodType<Record<string, unknown>>> {
  readonly #settings: CookieSettings<Content>;
  readonly #name: string;
  /** By secret; those that are no longer used are forgotten. */
  #keys = new Map<string, Uint8Array>();

  constructor(settings: CookieSettings<Content>) {
    this.#settings = settings;
    // With this prefix, browsers take the cookie over HTTPS only, and from no other host of the domain.
    this.#name = settings.isEncrypted ? `__Host-${settings.name}` : settings.name;
  }

  /**
   * @param endsAt seconds since 1970
   * @returns the header `Set-Cookie`, or undefined when browsers would refuse its size
   */
  async seal(content: z.output<Content>, endsAt: number): Promise<string | undefined> {
    const value = await new EncryptJWT(content)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(endsAt)
      .encrypt(this.#presentKeys()[0]);
    const header = this.#header(value, Math.max(0, Math.floor(endsAt - Date.now() / 1000)));
    return header.length > MAX_COOKIE_BYTES ? undefined : header;
  }

  /** What the cookie of a request holds; undefined when it is absent, has ended, or was not made here. */
  async open(header: string | undefined): Promise<z.output<Content> | undefined> {
    const value = this.#valueIn(header);
    if (value === undefined) {
      return undefined;
    }
    for (const key of this.#presentKeys()) {
      try {
        const { payload } = await jwtDecrypt(value, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp'],
        });
        return this.#settings.content.parse(payload);
      } catch {
        // Perhaps it was sealed by another secret.
      }
    }
    return undefined;
  }

  isIn(header: string | undefined): boolean {
    return this.#valueIn(header) !== undefined;
  }

  /** The header `Set-Cookie` that makes the browser forget it. */
  forget(): string {
    return this.#header('', 0);
  }

  #presentKeys(): readonly [Uint8Array, ...Uint8Array[]] {
    const { secrets, name } = this.#settings;
    const keyOf = (secret: string): Uint8Array =>
      this.#keys.get(secret) ?? new Uint8Array(hkdfSync('sha256', secret, '', `chip cookie ${name}`, 32));
    const [first, ...others] = secrets();
    this.#keys = new Map([first, ...others].map((secret) => [secret, keyOf(secret)]));
    return [keyOf(first), ...others.map(keyOf)];
  }

  #valueIn(header: string | undefined): string | undefined {
    return header === undefined ? undefined : parseCookie(header)[this.#name];
  }

  #header(value: string, maxAge: number): string {
    const { isEncrypted, sameSite } = this.#settings;
    return stringifySetCookie({
      name: this.#name,
      value,
      maxAge,
      path: '/',
      httpOnly: true,
      secure: isEncrypted,
      sameSite,
    });
  }
}
