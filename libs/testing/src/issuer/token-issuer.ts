import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

/** The `aud` of tokens for the service under test; any other audience may be asked for, too. */
export const AUDIENCE = 'https://chip.example/api';

const CLIENT = { client_id: 'dashboard', client_secret: 'only for this test' };
/** Clients by which people sign in: the page behind an address, and one on any port of this machine. */
export const PAGE = { id: 'page', secret: 'of the page', url: 'https://chip.example' } as const;
export const LOCAL_PAGE = { id: 'local-page' } as const;
const RETURN_PATH = '/sign-in/done';
/** Redirects of one sign-in: to its page, back from it, and to the client. */
const MAX_HOPS = 6;
const CODES = { grant_types: ['authorization_code'], response_types: ['code' as const] };
const DISCOVERY = '/.well-known/openid-configuration';

export interface TokenRequest {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly scope?: string;
  readonly audience?: string;
  /** Seconds. */
  readonly lifetime?: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An OpenID Connect issuer of one suite. It may rotate its keys, go away, hang, and come back. */
export class TokenIssuer {
  /** What it does with requests. */
  state: 'answers' | 'away' | 'hangs' = 'answers';
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Seconds for which its codes are valid. */
  codeLifetime = 60;
  /** Whether it refuses people. */
  refuses = false;
  /** Another name than its address, for an issuer that is set up wrongly. */
  name: string | undefined;
  readonly #server: Server;
  #keys: JWK[] = [];
  #pageSecret: string = PAGE.secret;
  #handle!: Handler;
  #request: TokenRequest = {};
  readonly #hanging = new Set<ServerResponse>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      if (this.state === 'away') {
        request.socket.destroy();
      } else if (this.state === 'hangs') {
        this.#hanging.add(response);
        response.once('close', () => this.#hanging.delete(response));
      } else if (request.url === DISCOVERY && this.name !== undefined) {
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ issuer: this.name, jwks_uri: `${this.url}/jwks` }));
      } else {
        void this.#handle(request, response);
      }
    });
  }

  static async start(): Promise<TokenIssuer> {
    const issuer = new TokenIssuer();
    issuer.#server.listen(0, '127.0.0.1');
    await once(issuer.#server, 'listening');
    await issuer.rotate();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests that got no answer yet, and whose client still waits. */
  get hanging(): number {
    return this.#hanging.size;
  }

  /** How often its keys were read. */
  get readings(): number {
    return this.asked.filter((path) => path === '/jwks').length;
  }

  /** Signs with a new key from now on. @param keep whether the keys of before stay in its list */
  async rotate({ keep = false } = {}): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: `key-${Math.random()}`, use: 'sig', alg: 'RS256' };
    this.#keys = [key, ...(keep ? this.#keys : [])];
    this.#provide();
  }

  /** Takes another secret of the client {@link PAGE} from now on, and forgets who is signed in. */
  changePageSecret(secret: string): void {
    this.#pageSecret = secret;
    this.#provide();
  }

  #provide(): void {
    const provider = new Provider(this.url, {
      jwks: { keys: this.#keys as never },
      clients: [
        { ...CLIENT, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
        {
          ...CODES,
          client_id: PAGE.id,
          client_secret: this.#pageSecret,
          token_endpoint_auth_method: 'client_secret_post',
          redirect_uris: [PAGE.url + RETURN_PATH],
          post_logout_redirect_uris: [`${PAGE.url}/`],
        },
        {
          ...CODES,
          client_id: LOCAL_PAGE.id,
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          redirect_uris: [`http://127.0.0.1${RETURN_PATH}`],
        },
      ],
      cookies: { keys: ['of the issuer'] },
      ttl: { AuthorizationCode: () => this.codeLifetime, Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600 },
      // Everyone who signs in has agreed to everything.
      loadExistingGrant: async ({ oidc: { provider, session, client, params } }) => {
        const grant = new provider.Grant({ accountId: session!.accountId!, clientId: client!.clientId });
        grant.addOIDCScope(String(params!['scope']));
        grant.addResourceScope(params!['resource'] as string, String(params!['scope']));
        await grant.save();
        return grant;
      },
      scopes: ['export:raw', 'audit:read'],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, audience) => ({
            audience,
            scope: 'export:raw audit:read',
            accessTokenFormat: 'jwt',
            accessTokenTTL: this.#request.lifetime ?? 600,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      extraTokenClaims: () => this.#request.claims as never,
    });
    const callback = provider.callback() as Handler;
    this.#handle = async (request, response) => {
      if (!request.url?.startsWith('/interaction/')) {
        return callback(request, response);
      }
      if (request.method === 'POST') {
        const result = this.refuses ? { error: 'access_denied' } : { login: { accountId: 'alex' }, consent: {} };
        return provider.interactionFinished(request, response, result);
      }
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<form method="post" action="${request.url}"><button>I am Alex</button></form>`);
      return undefined;
    };
  }

  /** Says what a person is given who signs in from now on. */
  give(request: TokenRequest = {}): void {
    this.#request = { claims: { chip_role: 'viewer' }, ...request };
  }

  /**
   * Signs in at the page of the issuer, as a browser does.
   *
   * @param address to which the service led
   * @returns the address to which the issuer leads back
   */
  async signIn(address: string): Promise<URL> {
    const jar = new Map<string, string>();
    let next = new URL(address);
    for (let hop = 0; next.origin === this.url; hop++) {
      if (hop > MAX_HOPS) {
        throw new Error(`the issuer leads in circles: ${next.pathname}`);
      }
      const method = next.pathname.startsWith('/interaction/') ? 'POST' : 'GET';
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, { method, redirect: 'manual', headers: { cookie } });
      for (const [, name, value] of response.headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line)!)) {
        jar.set(name!, value!);
      }
      const location = response.headers.get('location');
      if (location === null) {
        throw new Error(`the issuer answers ${response.status}: ${await response.text()}`);
      }
      next = new URL(location, next);
    }
    return next;
  }

  /** A token as a client gets it; one request at a time. */
  async token(request: TokenRequest = {}): Promise<string> {
    this.give(request);
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...CLIENT,
        grant_type: 'client_credentials',
        resource: request.audience ?? AUDIENCE,
        ...(request.scope === undefined ? {} : { scope: request.scope }),
      }),
    });
    const body = (await response.json()) as { access_token?: string };
    if (body.access_token === undefined) {
      throw new Error(`the issuer gives no token: ${JSON.stringify(body)}`);
    }
    return body.access_token;
  }

  /** A token with claims that no client would get, signed with the issuer's present key. */
  async sign(claims: JWTPayload): Promise<string> {
    const key = this.#keys[0] as JWK & { kid: string };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(await importJWK(key, 'RS256'));
  }

  /** The present key as its list shows it. */
  get publicKey(): JWK & { kid: string } {
    const { kty, n, e, kid, alg, use } = this.#keys[0] as JWK & { kid: string };
    return { kty, n, e, kid, alg, use } as JWK & { kid: string };
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
