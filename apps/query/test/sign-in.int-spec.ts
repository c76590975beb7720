import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createKey } from '@chip/persistence';
import { openStage, QueryApp, type Stage } from './query-app.ts';
import { AUDIENCE, PAGE, TokenIssuer } from '@chip/testing/issuer';

const SETTINGS = {
  AUTH_MODE: 'keys+oidc' as const,
  OIDC_AUDIENCE: AUDIENCE,
  OIDC_CLIENT_ID: PAGE.id,
  OIDC_CLIENT_SECRET: PAGE.secret,
  OIDC_SCOPE: 'openid audit:read',
  SESSION_SECRET: 'a secret of all instances of one test',
  PUBLIC_URL: PAGE.url,
};
const SESSION = '__Host-chip-session';
const ATTEMPT = '__Host-chip-sign-in';

let issuer: TokenIssuer;
let stage: Stage;
let second: QueryApp;

beforeAll(async () => {
  issuer = await TokenIssuer.start();
  stage = await openStage({ ...SETTINGS, OIDC_ISSUER: issuer.url });
  second = await QueryApp.start(stage.db.url, { ...SETTINGS, OIDC_ISSUER: issuer.url });
}, 60_000);
afterAll(async () => {
  await second?.stop();
  await stage?.end();
  await issuer?.stop();
});
beforeEach(() => {
  issuer.state = 'answers';
  issuer.refuses = false;
  issuer.codeLifetime = 60;
  issuer.give();
});

/** A browser in front of the service: it keeps cookies, and goes where the test sends it. */
class Guest {
  readonly cookies = new Map<string, string>();
  /** The last headers `Set-Cookie`. */
  set: string[] = [];

  async ask(path: string, init: RequestInit = {}, at: QueryApp = stage.app): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...(init.headers as Record<string, string>) };
    const response = await fetch(at.url + path, { ...init, redirect: 'manual', headers });
    this.set = response.headers.getSetCookie();
    for (const line of this.set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (/max-age=0(;|$)/i.test(line)) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    return response;
  }

  /** Begins to sign in, and comes back from the issuer with the path that the browser opens next. */
  async codeFor(to = '/lots?q=1', at?: QueryApp): Promise<string> {
    const response = await this.ask(`/sign-in/start?to=${encodeURIComponent(to)}`, {}, at);
    expect(response.status).toBe(303);
    const back = await issuer.signIn(response.headers.get('location')!);
    expect(back.origin).toBe(PAGE.url);
    return back.pathname + back.search;
  }

  async signIn(): Promise<void> {
    expect(await this.leadsTo(await this.codeFor())).toBe('/lots?q=1');
    expect([...this.cookies.keys()]).toEqual([SESSION]);
  }

  async leadsTo(path: string, at?: QueryApp): Promise<string | null> {
    return (await this.ask(path, {}, at)).headers.get('location');
  }

  async ways(): Promise<Record<string, unknown>> {
    return (await (await this.ask('/sign-in/ways')).json()) as Record<string, unknown>;
  }

  async problem(path: string, init?: RequestInit): Promise<unknown[]> {
    const response = await this.ask(path, init);
    const { code, detail } = (await response.json()) as { code?: string; detail?: string };
    return [response.status, code, detail];
  }
}

const post = (headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ lot_id: 'S', chip_id: 's', inspection_type: 'visual' }),
});

describe('signing in', () => {
  it('leads to the issuer with a challenge and back to where it began, and tells the page so', async () => {
    const guest = new Guest();
    expect(await guest.ways()).toEqual({
      keys: true,
      tokens: true,
      start: `${PAGE.url}/sign-in/start`,
      csrf: null,
    });
    const start = await guest.ask('/sign-in/start?to=/lots');
    const asked = new URL(start.headers.get('location')!).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: PAGE.id,
      redirect_uri: `${PAGE.url}/sign-in/done`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      scope: 'openid audit:read',
      resource: AUDIENCE,
    });
    expect(guest.set).toEqual([
      expect.stringMatching(new RegExp(`^${ATTEMPT}=[\\w.-]+; Max-Age=\\d+; Path=/; HttpOnly; Secure; SameSite=Lax$`)),
    ]);
    await guest.signIn();
    expect(await guest.ways()).toMatchObject({ csrf: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it('gives a cookie that no script reads and no other site sends, and that holds no readable token', async () => {
    const guest = new Guest();
    const code = await guest.codeFor();
    await guest.ask(code);
    const session = guest.set.find((line) => line.startsWith(SESSION))!;
    expect(session).toMatch(/; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(Number(/Max-Age=(\d+)/.exec(session)![1])).toBeGreaterThan(500);
    // Five parts: an encrypted token, where a signed one has three.
    expect(guest.cookies.get(SESSION)!.split('.')).toHaveLength(5);
    expect(Buffer.from(guest.cookies.get(SESSION)!.split('.')[3]!, 'base64url').toString()).not.toContain('alex');
  });

  it('opens what the token of the person allows, and names the person in the audit trail', async () => {
    const guest = new Guest();
    issuer.give({ claims: { chip_role: 'engineer' } });
    await guest.signIn();
    expect((await guest.ask('/v1/yield')).status).toBe(200);
    expect((await guest.ask('/v1/audit')).status).toBe(200);
    expect(await guest.problem('/v1/export/inspections')).toEqual([
      403,
      'forbidden',
      'the scope export:raw is missing',
    ]);
    const { csrf } = await guest.ways();
    expect((await guest.ask('/v1/inspections', post({ 'x-csrf-token': csrf as string }))).status).toBe(201);
    expect(
      await stage.db.database.query(
        `SELECT actor FROM audit_log WHERE stream = 'api' AND action = 'inspection.create'`,
      ),
    ).toEqual([{ actor: 'oidc:alex' }]);
  });

  it('may begin at one instance, end at another, and go on at both', async () => {
    const guest = new Guest();
    expect(await guest.leadsTo(await guest.codeFor('/', second), stage.app)).toBe('/');
    for (const at of [stage.app, second]) {
      expect((await guest.ask('/v1/yield', {}, at)).status).toBe(200);
    }
  });

  it('does not take the place of a key: a request with a key is of the key', async () => {
    const guest = new Guest();
    await guest.signIn();
    const { key } = await createKey(
      stage.db.database,
      { name: 'm', role: 'machine', scopes: [], sites: null, products: null, expires_at: null },
      { by: 'test', reason: 'a test' },
    );
    expect((await guest.ask('/v1/yield', { headers: { authorization: `Bearer ${key}` } })).status).toBe(403);
  });
});

describe('what is refused', () => {
  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'lots',
    `/${'x'.repeat(1000)}`,
  ])('a return to %p', async (to) => {
    const guest = new Guest();
    expect(await guest.problem(`/sign-in/start?to=${encodeURIComponent(to)}`)).toEqual([
      400,
      'invalid_parameter',
      'to: must be a path of this page',
    ]);
    expect(guest.set).toEqual([]);
  });

  it('another state than that of the attempt, with the code unused', async () => {
    const guest = new Guest();
    const other = new Guest();
    const code = await guest.codeFor();
    await other.codeFor();
    expect(await other.leadsTo(code)).toBe('/?sign-in=expired');
    expect(other.cookies.size).toBe(0);
    expect(await guest.leadsTo(code)).toBe('/lots?q=1');
  });

  it('a code without the cookie of its attempt', async () => {
    const code = await new Guest().codeFor();
    expect(await new Guest().leadsTo(code)).toBe('/?sign-in=expired');
  });

  it('a code that was used before, even with the cookie of its attempt', async () => {
    const guest = new Guest();
    const code = await guest.codeFor();
    const attempt = guest.cookies.get(ATTEMPT)!;
    expect(await guest.leadsTo(code)).toBe('/lots?q=1');
    const thief = new Guest();
    thief.cookies.set(ATTEMPT, attempt);
    expect(await thief.leadsTo(code)).toBe('/lots?q=1&sign-in=refused');
    expect(thief.cookies.size).toBe(0);
  });

  it('a code after its end, or that the issuer never gave', async () => {
    issuer.codeLifetime = 1;
    const guest = new Guest();
    const late = await guest.codeFor();
    await setTimeout(1_100);
    expect(await guest.leadsTo(late)).toBe('/lots?q=1&sign-in=refused');
    issuer.codeLifetime = 60;
    const code = new URL(await guest.codeFor(), PAGE.url);
    code.searchParams.set('code', 'A'.repeat(43));
    expect(await guest.leadsTo(code.pathname + code.search)).toBe('/lots?q=1&sign-in=refused');
  });

  it('a person whom the issuer refuses, or who has no role', async () => {
    issuer.refuses = true;
    const guest = new Guest();
    expect(await guest.leadsTo(await guest.codeFor('/'))).toBe('/?sign-in=refused');
    issuer.refuses = false;
    issuer.give({ claims: {} });
    expect(await guest.leadsTo(await guest.codeFor('/'))).toBe('/?sign-in=no_role');
    expect(guest.cookies.size).toBe(0);
  });

  it('a token that is too large for a cookie', async () => {
    issuer.give({ claims: { chip_role: 'viewer', chip_sites: Array.from({ length: 500 }, (_, i) => `site-${i}`) } });
    const guest = new Guest();
    expect(await guest.leadsTo(await guest.codeFor('/'))).toBe('/?sign-in=too_large');
    expect(guest.cookies.size).toBe(0);
  });

  it('an issuer that is away, before and after the person signs in; keys go on', async () => {
    const guest = new Guest();
    const code = await guest.codeFor('/');
    issuer.state = 'away';
    expect(await guest.leadsTo(code)).toBe('/?sign-in=unavailable');
    const fresh = await QueryApp.start(stage.db.url, { ...SETTINGS, OIDC_ISSUER: issuer.url });
    try {
      expect(await guest.leadsTo('/sign-in/start?to=/lots', fresh)).toBe('/lots?sign-in=unavailable');
      issuer.state = 'answers';
      expect(await guest.leadsTo(await guest.codeFor('/', fresh), fresh)).toBe('/');
    } finally {
      await fresh.stop();
    }
  });

  it('a session that was changed, cut, of another secret, or of another purpose', async () => {
    const guest = new Guest();
    await guest.codeFor();
    const attempt = guest.cookies.get(ATTEMPT)!;
    await guest.signIn();
    const session = guest.cookies.get(SESSION)!;
    const other = await QueryApp.start(stage.db.url, {
      ...SETTINGS,
      OIDC_ISSUER: issuer.url,
      SESSION_SECRET: 'another secret of thirty-two characters',
    });
    try {
      expect((await guest.ask('/v1/yield', {}, other)).status).toBe(401);
    } finally {
      await other.stop();
    }
    const middle = Math.floor(session.length / 2);
    const changed = session.slice(0, middle) + (session[middle] === 'A' ? 'B' : 'A') + session.slice(middle + 1);
    for (const wrong of [changed, session.slice(0, -10), attempt, 'x', 'x'.repeat(10_000)]) {
      guest.cookies.set(SESSION, wrong);
      expect(await guest.problem('/v1/yield')).toEqual([
        401,
        'unauthenticated',
        'the session has ended: sign in again',
      ]);
      expect(await guest.ways()).toMatchObject({ csrf: null });
    }
  });

  it('a session beyond the end of its token', async () => {
    issuer.give({ lifetime: 3 });
    const guest = new Guest();
    await guest.signIn();
    expect((await guest.ask('/v1/yield')).status).toBe(200);
    const end = Date.now() + 3_500;
    let status = 200;
    while (status === 200 && Date.now() < end + 20_000) {
      status = (await guest.ask('/v1/yield')).status;
    }
    expect(status).toBe(401);
  });

  it.each([
    ['without a CSRF token', {}],
    ['with the CSRF token of another session', { 'x-csrf-token': 'A'.repeat(43) }],
    ['with an empty CSRF token', { 'x-csrf-token': '' }],
  ])('a write %s, of data and of the session', async (_, headers) => {
    issuer.give({ claims: { chip_role: 'engineer' } });
    const guest = new Guest();
    await guest.signIn();
    const refused = [403, 'forbidden', 'the header x-csrf-token is missing or not of this session'];
    expect(await guest.problem('/v1/inspections', post(headers))).toEqual(refused);
    expect(await guest.problem('/sign-in/end', { method: 'POST', headers })).toEqual(refused);
    expect((await guest.ask('/v1/yield')).status).toBe(200);
  });
});

describe('signing out', () => {
  it('forgets the session, and says where the issuer ends its own', async () => {
    const guest = new Guest();
    await guest.signIn();
    const { csrf } = await guest.ways();
    const response = await guest.ask('/sign-in/end', { method: 'POST', headers: { 'x-csrf-token': csrf as string } });
    const { issuer: farewell } = (await response.json()) as { issuer: string };
    expect(new URL(farewell).origin).toBe(issuer.url);
    expect(new URL(farewell).searchParams.get('post_logout_redirect_uri')).toBe(`${PAGE.url}/`);
    expect(guest.cookies.size).toBe(0);
    expect((await guest.ask('/v1/yield')).status).toBe(401);
    expect(await guest.ways()).toMatchObject({ csrf: null });
    // Once more, as from a second tab.
    expect((await guest.ask('/sign-in/end', { method: 'POST' })).status).toBe(200);
  });
});

describe('a service without a client at the issuer', () => {
  it('has no routes to sign in, and says which ways there are', async () => {
    const app = await QueryApp.start(stage.db.url, { AUTH_MODE: 'keys' });
    try {
      expect((await app.get('/sign-in/ways')).body).toEqual({ keys: true, tokens: false, start: null, csrf: null });
      for (const path of ['/sign-in/start', '/sign-in/done']) {
        expect((await app.get(path, { headers: { accept: 'text/html' } })).status).toBe(404);
      }
    } finally {
      await app.stop();
    }
  });
});
