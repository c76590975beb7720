import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createKey } from '@chip/persistence';
import { createLogger, loadConfig } from '@chip/service';
import { waitFor } from '@chip/testing';
import { querySchema } from '../src/query.config.ts';
import { SIGN_IN, SignIn } from '../src/sign-in/sign-in.ts';
import { openStage, QueryApp, type Stage } from './query-app.ts';
import { TcpGate } from './tcp-gate.ts';
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

  /** Signs out, and returns the answer. */
  async signOut(at?: QueryApp): Promise<Response> {
    const { csrf } = await this.ways();
    return this.ask('/sign-in/end', { method: 'POST', headers: { 'x-csrf-token': csrf as string } }, at);
  }

  /** A browser with a copy of the cookies. */
  copy(): Guest {
    const thief = new Guest();
    this.cookies.forEach((value, name) => thief.cookies.set(name, value));
    return thief;
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

  it.each([
    ['/lots?lot_id=晶圆 7', '/lots?lot_id=%E6%99%B6%E5%9C%86%207'],
    ['/lots?site=Größe', '/lots?site=Gr%C3%B6%C3%9Fe'],
  ])('comes back to %s', async (to, back) => {
    const guest = new Guest();
    expect(await guest.leadsTo(await guest.codeFor(to))).toBe(back);
    expect([...guest.cookies.keys()]).toEqual([SESSION]);
  });

  it('begins with a path as people write it, with a question mark of its own', async () => {
    const guest = new Guest();
    const start = await guest.ask('/sign-in/start?to=/lots?q=1');
    const back = await issuer.signIn(start.headers.get('location')!);
    expect(await guest.leadsTo(back.pathname + back.search)).toBe('/lots?q=1');
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
    // Own, but without the dots their path leads elsewhere.
    '/.//evil.example',
    '/x/..//evil.example',
    '/.\\/evil.example',
    '/%2e//evil.example',
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

  it('no one while the issuer hangs whose addresses are known', async () => {
    let now = Date.now();
    const known = stage.app.app.get<SignIn>(SIGN_IN);
    const signIn = new SignIn({
      issuer: issuer.url,
      audience: AUDIENCE,
      clientId: PAGE.id,
      clientSecret: () => PAGE.secret,
      scope: SETTINGS.OIDC_SCOPE,
      publicUrl: PAGE.url,
      secrets: () => [SETTINGS.SESSION_SECRET],
      sessions: known.sessions,
      check: () => Promise.resolve(),
      logger: createLogger({ name: 'test', level: 'silent' }).logger,
      now: () => now,
    });
    await signIn.start('/');
    now += 11 * 60_000;
    issuer.state = 'hangs';
    for (const { location } of await Promise.all([signIn.start('/'), signIn.start('/')])) {
      expect(location).toMatch(`${issuer.url}/`);
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
    let guest!: Guest;
    // On a busy machine the token may end before the first question.
    await waitFor(async () => {
      guest = new Guest();
      await guest.signIn();
      return (await guest.ask('/v1/yield')).status === 200;
    });
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
    const response = await guest.signOut();
    const { issuer: farewell } = (await response.json()) as { issuer: string };
    expect(new URL(farewell).origin).toBe(issuer.url);
    expect(new URL(farewell).searchParams.get('post_logout_redirect_uri')).toBe(`${PAGE.url}/`);
    expect(guest.cookies.size).toBe(0);
    expect((await guest.ask('/v1/yield')).status).toBe(401);
    expect(await guest.ways()).toMatchObject({ csrf: null });
    // Once more, as from a second tab.
    expect((await guest.ask('/sign-in/end', { method: 'POST' })).status).toBe(200);
  });

  it('ends the session for copies of its cookie, too, and on every instance within five seconds', async () => {
    const guest = new Guest();
    await guest.signIn();
    const thief = guest.copy();
    const other = new Guest();
    await other.signIn();
    const statuses = (): Promise<number[]> =>
      Promise.all([stage.app, second].map(async (at) => (await thief.ask('/v1/yield', {}, at)).status));
    expect(await statuses()).toEqual([200, 200]);
    await guest.signOut();
    const endedAt = performance.now();
    expect(await thief.problem('/v1/yield')).toEqual([401, 'unauthenticated', 'the session has ended: sign in again']);
    await waitFor(statuses, (seen) => seen.every((status) => status === 401));
    // Holds on an idle machine; on a busy one the requests themselves may take longer.
    expect(performance.now() - endedAt).toBeLessThan(10_000);
    expect(await thief.ways()).toMatchObject({ csrf: null });
    // Other sessions of the same person go on.
    expect((await other.ask('/v1/yield')).status).toBe(200);
  });

  it('stays in force after a restart, and is in the audit trail once', async () => {
    const entries = (): Promise<object[]> =>
      stage.db.database.query(`SELECT seq FROM audit_log WHERE action = 'session.end' AND actor = 'oidc:alex'`);
    const before = (await entries()).length;
    const guest = new Guest();
    await guest.signIn();
    const [thief, another] = [guest.copy(), guest.copy()];
    await guest.signOut();
    await another.signOut(second).catch(() => undefined);
    expect(await entries()).toHaveLength(before + 1);
    const later = await QueryApp.start(stage.db.url, { ...SETTINGS, OIDC_ISSUER: issuer.url });
    try {
      expect((await thief.ask('/v1/yield', {}, later)).status).toBe(401);
    } finally {
      await later.stop();
    }
  });

  it('works while the database is away: here at once, and elsewhere when it is back', async () => {
    const gate = await TcpGate.before(stage.db.url);
    const cut = await QueryApp.start(gate.through(stage.db.url), { ...SETTINGS, OIDC_ISSUER: issuer.url });
    try {
      const guest = new Guest();
      await guest.signIn();
      const thief = guest.copy();
      const innocent = new Guest();
      await innocent.signIn();
      expect((await thief.ask('/v1/yield', {}, cut)).status).toBe(200);
      await gate.shut();
      expect((await guest.signOut(cut)).status).toBe(200);
      expect(guest.cookies.size).toBe(0);
      expect(await thief.ask('/v1/yield', {}, second)).toMatchObject({ status: 200 });
      // An instance that cannot learn of ended sessions trusts none for long.
      await waitFor(
        async () => (await (await innocent.ask('/v1/yield', {}, cut)).json()) as { detail?: string },
        ({ detail }) => detail === 'sessions cannot be checked right now: try again',
      );
      await gate.open();
      await waitFor(
        () => thief.ask('/v1/yield', {}, second),
        ({ status }) => status === 401,
      );
      expect((await thief.ask('/v1/yield', {}, cut)).status).toBe(401);
    } finally {
      await cut.stop();
      await gate.shut();
    }
  });
});

describe('secrets in files', () => {
  let folder: string;
  const file = (name: string): string => path.join(folder, name);
  const write = (name: string, content: string): void => {
    writeFileSync(file(`${name}.new`), content);
    renameSync(file(`${name}.new`), file(name));
  };
  const [old, renewed] = ['the former secret of all instances', 'the renewed secret of all instances'];
  let app: QueryApp;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'chip-secrets-'));
    write('session', `${old}\n`);
    write('client', PAGE.secret);
    const { OIDC_CLIENT_SECRET: _, SESSION_SECRET: __, ...settings } = SETTINGS;
    app = await QueryApp.run(
      loadConfig(querySchema, {
        ...settings,
        DATABASE_URL: stage.db.url,
        OIDC_ISSUER: issuer.url,
        SESSION_SECRET_FILE: file('session'),
        OIDC_CLIENT_SECRET_FILE: file('client'),
      }),
    );
  });
  afterAll(async () => {
    await app?.stop();
    rmSync(folder, { recursive: true });
  });
  const signedIn = async (): Promise<Guest> => {
    const guest = new Guest();
    expect(await guest.leadsTo(await guest.codeFor('/', app), app)).toBe('/');
    return guest;
  };
  const statusOf = async (guest: Guest): Promise<number> => (await guest.ask('/v1/yield', {}, app)).status;

  it('that seal cookies are renewed without a restart; former ones open as long as they stay in the file', async () => {
    const early = await signedIn();
    write('session', `${renewed}\n${old}\n`);
    const atNew = await QueryApp.start(stage.db.url, {
      ...SETTINGS,
      OIDC_ISSUER: issuer.url,
      SESSION_SECRET: renewed,
    });
    try {
      let late!: Guest;
      await waitFor(async () => {
        late = await signedIn();
        return (await late.ask('/v1/yield', {}, atNew)).status === 200;
      });
      expect([await statusOf(early), await statusOf(late)]).toEqual([200, 200]);
      // Half a file, or one that is not valid, changes nothing.
      write('session', 'short');
      await setTimeout(2_100);
      expect([await statusOf(early), await statusOf(late)]).toEqual([200, 200]);
      write('session', renewed);
      await waitFor(
        () => statusOf(early),
        (status) => status === 401,
      );
      expect(await statusOf(late)).toBe(200);
    } finally {
      await atNew.stop();
    }
  });

  it('of the client are read for each sign-in', async () => {
    await signedIn();
    const renewed = 'renewed at the issuer';
    issuer.changePageSecret(renewed);
    try {
      const guest = new Guest();
      expect(await guest.leadsTo(await guest.codeFor('/', app), app)).toBe('/?sign-in=refused');
      write('client', renewed);
      await signedIn();
    } finally {
      issuer.changePageSecret(PAGE.secret);
    }
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
