import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createKey } from '@chip/persistence';
import { createLogger } from '@chip/service';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Caller } from '../src/access/caller.ts';
import { TokenCheck } from '../src/access/token-check.ts';
import { type Answer, openStage, QueryApp, type Stage } from './query-app.ts';
import { AUDIENCE, TokenIssuer } from '@chip/testing/issuer';

const MINUTE = 60_000;
const { logger } = createLogger({ name: 'tokens', level: 'silent' });
let issuer: TokenIssuer;
let offset = 0;
const newCheck = (of = issuer.url): TokenCheck =>
  new TokenCheck({ issuer: of, audience: AUDIENCE, logger, now: () => Date.now() + offset });
const outcome = async (check: TokenCheck, token: string): Promise<string> =>
  check.callerOf(token).then(
    ({ role }) => role,
    ({ status, code, detail }: { status: number; code: string; detail: string }) => {
      expect(detail).not.toContain(token);
      return `${status} ${code}: ${detail}`;
    },
  );

beforeAll(async () => {
  issuer = await TokenIssuer.start();
});
beforeEach(() => {
  offset = 0;
  issuer.state = 'answers';
  issuer.name = undefined;
});
afterAll(() => issuer.stop());

describe('a token', () => {
  it.each<[string, Record<string, unknown>, string | undefined, Partial<Caller>]>([
    ['of a viewer', { chip_role: 'viewer' }, undefined, { role: 'viewer', scopes: [], sites: null, products: null }],
    [
      'with limits and scopes',
      { chip_role: 'engineer', chip_sites: 'own', chip_products: ['P', 'Q'] },
      'export:raw audit:read',
      { role: 'engineer', scopes: ['export:raw', 'audit:read'], sites: ['own'], products: ['P', 'Q'] },
    ],
    ['with several roles', { chip_role: ['staff', 'machine', 'admin'] }, undefined, { role: 'machine' }],
    ['that may see nothing', { chip_role: 'viewer', chip_sites: [] }, undefined, { sites: [] }],
  ])('%s says what its bearer may', async (_, claims, scope, rights) => {
    const token = await issuer.token({ claims, ...(scope === undefined ? {} : { scope }) });
    expect(decodeJwt(token)).toMatchObject({ iss: issuer.url, aud: AUDIENCE, sub: 'dashboard' });
    expect(await newCheck().callerOf(token)).toMatchObject({
      subject: 'oidc:dashboard',
      countedAs: 'oidc:dashboard',
      ...rights,
    });
  });

  it.each([
    ['no role', {}],
    ['a role that is not known', { chip_role: 'root' }],
    ['an empty list of roles', { chip_role: [] }],
  ])('with %s is 403, and says which claim is missing', async (_, claims) => {
    expect(await outcome(newCheck(), await issuer.token({ claims }))).toMatch(/^403 forbidden: .*chip_role/);
  });

  /** Changed to undefined, a claim is left out. */
  const claims = (changes: Readonly<Record<string, unknown>> = {}): JWTPayload => ({
    iss: issuer.url,
    aud: AUDIENCE,
    sub: 'somebody',
    exp: Math.floor(Date.now() / 1000) + 600,
    chip_role: 'admin',
    ...changes,
  });
  const plain = (header: object, payload: object, signature = ''): string =>
    [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') +
    `.${signature}`;
  const wrongTokens: [string, RegExp, () => Promise<string>][] = [
    ['without a signature', /algorithm/, async () => plain({ alg: 'none' }, claims())],
    ['without a signature, in other letters', /algorithm/, async () => plain({ alg: 'NONE' }, claims())],
    [
      'signed with the public key as a shared secret',
      /algorithm/,
      async () => {
        const pem = createPublicKey({ key: issuer.publicKey as never, format: 'jwk' }).export({
          type: 'spki',
          format: 'pem',
        });
        return new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: issuer.publicKey.kid })
          .sign(Buffer.from(pem));
      },
    ],
    [
      'signed with a key that it brings along',
      /not a token of this issuer/,
      async () => {
        const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
        return new SignJWT(claims())
          .setProtectedHeader({ alg: 'RS256', kid: issuer.publicKey.kid, jwk: await exportJWK(publicKey) })
          .sign(privateKey);
      },
    ],
    [
      'of a key that the issuer does not have',
      /no key with its kid/,
      async () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'RS256', kid: 'unknown' })
          .sign((await generateKeyPair('RS256')).privateKey),
    ],
    [
      'whose claims were changed',
      /not a token of this issuer/,
      async () => {
        const [header, , signature] = (await issuer.token()).split('.') as [string, string, string];
        return `${header}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.${signature}`;
      },
    ],
    ['for another service', /its claim aud/, () => issuer.token({ audience: 'https://other.example/api' })],
    ['of another issuer', /its claim iss/, () => issuer.sign(claims({ iss: 'https://other.example' }))],
    ['without an end', /its claim exp/, () => issuer.sign(claims({ exp: undefined }))],
    ['without a subject', /its claim sub/, () => issuer.sign(claims({ sub: undefined }))],
    ['with an empty subject', /its claims are not/, () => issuer.sign(claims({ sub: '' }))],
    ['with sites that are no names', /its claims are not/, () => issuer.sign(claims({ chip_sites: 7 }))],
    [
      'whose time has not come',
      /its claim nbf/,
      () => issuer.sign(claims({ nbf: Math.floor(Date.now() / 1000) + 90 })),
    ],
    ['that is none', /not a token of this issuer/, async () => 'nonsense'],
    ['of five parts', /not a token of this issuer/, async () => 'a.b.c.d.e'],
  ];
  it.each(wrongTokens)('%s is refused', async (_, why, make) => {
    const check = newCheck();
    expect(await outcome(check, await issuer.sign(claims()))).toBe('admin');
    const result = await outcome(check, await make());
    expect(result).toMatch(/^401 unauthenticated: /);
    expect(result).toMatch(why);
  });

  it('may be used half a minute beyond its end, because clocks differ', async () => {
    const check = newCheck();
    const token = await issuer.token({ lifetime: 600 });
    offset = 10 * MINUTE + 20_000;
    expect(await outcome(check, token)).toBe('viewer');
    offset = 10 * MINUTE + 40_000;
    expect(await outcome(check, token)).toMatch(/^401 .*expired/);
  });
});

describe('the keys of the issuer', () => {
  it('are read once for many tokens, and again after ten minutes', async () => {
    const check = newCheck();
    const token = await issuer.token({ lifetime: 3600 });
    const before = issuer.readings;
    await Promise.all(Array.from({ length: 20 }, () => check.callerOf(token)));
    expect(issuer.readings - before).toBe(1);
    offset = 11 * MINUTE;
    await check.callerOf(token);
    expect(issuer.readings - before).toBe(2);
  });

  it('may be rotated: tokens of the new key work at once, those of a withdrawn one no longer', async () => {
    const check = newCheck();
    const old = await issuer.token({ lifetime: 3600 });
    expect(await outcome(check, old)).toBe('viewer');
    await issuer.rotate({ keep: true });
    const next = await issuer.token({ lifetime: 3600 });
    expect(decodeProtectedHeader(next).kid).not.toBe(decodeProtectedHeader(old).kid);
    offset = MINUTE;
    expect([await outcome(check, next), await outcome(check, old)]).toEqual(['viewer', 'viewer']);
    await issuer.rotate();
    offset = 12 * MINUTE;
    expect(await outcome(check, old)).toMatch(/^401 .*no key with its kid/);
    expect(await outcome(check, await issuer.token({ lifetime: 3600 }))).toBe('viewer');
  });

  it('are not read for each token with an unknown kid', async () => {
    const check = newCheck();
    await check.callerOf(await issuer.token());
    offset = MINUTE;
    const before = issuer.readings;
    const { privateKey } = await generateKeyPair('RS256');
    for (let nth = 0; nth < 20; nth++) {
      const token = await new SignJWT({ sub: 's', iss: issuer.url, aud: AUDIENCE, exp: 9_999_999_999 })
        .setProtectedHeader({ alg: 'RS256', kid: `unknown-${nth}` })
        .sign(privateKey);
      expect(await outcome(check, token)).toMatch(/^401 .*no key with its kid/);
    }
    expect(issuer.readings - before).toBe(1);
  });

  it('survive an issuer that is away for an hour, and no longer', async () => {
    const check = newCheck();
    const token = await issuer.token({ lifetime: 86_400 });
    expect(await outcome(check, token)).toBe('viewer');
    issuer.state = 'away';
    for (const minutes of [11, 40, 60, 70]) {
      offset = minutes * MINUTE;
      expect([minutes, await outcome(check, token)]).toEqual([minutes, 'viewer']);
    }
    offset = 76 * MINUTE;
    expect(await outcome(check, token)).toMatch(/^503 issuer_unavailable/);
    issuer.state = 'answers';
    offset += 2_000;
    expect(await outcome(check, token)).toBe('viewer');
  });

  it('are used as they are while the issuer hangs: no caller waits for it', async () => {
    const check = newCheck();
    const token = await issuer.token({ lifetime: 3600 });
    expect(await outcome(check, token)).toBe('viewer');
    issuer.state = 'hangs';
    offset = 11 * MINUTE;
    expect(await outcome(check, token)).toBe('viewer');
    // It has answered nothing yet, and the reading goes on.
    expect(issuer.hanging).toBe(1);
  });

  it('are looked for again soon after a start without an issuer', async () => {
    const check = newCheck();
    const token = await issuer.token();
    issuer.state = 'away';
    expect(await outcome(check, token)).toMatch(/^503 issuer_unavailable/);
    issuer.state = 'answers';
    offset = 2_000;
    expect(await outcome(check, token)).toBe('viewer');
  });

  it('are not taken from an issuer that calls itself by another name', async () => {
    const token = await issuer.token();
    issuer.name = 'https://other.example';
    expect(await outcome(newCheck(), token)).toMatch(/^503 issuer_unavailable/);
  });
});

describe('the service', () => {
  let stage: Stage;
  let both: QueryApp;
  const call = (token: string | undefined, path: string, init: RequestInit = {}, app = stage.app): Promise<Answer> =>
    app.get(path, {
      ...init,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(init.headers as object) },
    });
  beforeAll(async () => {
    const settings = { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: AUDIENCE };
    stage = await openStage({ AUTH_MODE: 'oidc', ...settings });
    both = await QueryApp.start(stage.db.url, { AUTH_MODE: 'keys+oidc', ...settings });
  });
  afterAll(async () => {
    await both?.stop();
    await stage?.end();
  });

  it('asks for a token, and says so', async () => {
    for (const token of [undefined, 'nonsense', `chip_0123456789_${'A'.repeat(43)}`]) {
      const { status, body, headers } = await call(token, '/v1/yield');
      expect([status, body['code'], headers.get('www-authenticate')]).toEqual([
        401,
        'unauthenticated',
        'Bearer realm="chip-quality"',
      ]);
      expect(body['detail']).toContain('token');
      expect(body['detail']).not.toContain('API key');
    }
  });

  it('answers as far as the role and the limits of a token reach', async () => {
    const viewer = await issuer.token();
    expect((await call(viewer, '/v1/yield')).status).toBe(200);
    expect((await call(viewer, '/v1/export/inspections')).body).toMatchObject({
      code: 'forbidden',
      detail: 'the scope export:raw is missing',
    });
    const exporter = await issuer.token({ scope: 'export:raw' });
    expect((await call(exporter, '/v1/export/inspections')).status).toBe(200);
    const limited = await issuer.token({ claims: { chip_role: 'viewer', chip_sites: ['own'] } });
    expect((await call(limited, '/v1/yield')).status).toBe(200);
    expect((await call(limited, '/v1/pipeline')).status).toBe(403);
    const machine = await issuer.token({ claims: { chip_role: 'machine' } });
    expect((await call(machine, '/v1/yield')).status).toBe(403);
  });

  it('names the subject of a token in the audit trail', async () => {
    const engineer = await issuer.token({ claims: { chip_role: 'engineer' } });
    const { status } = await call(engineer, '/v1/inspections', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ lot_id: 'T', chip_id: 't', inspection_type: 'visual' }),
    });
    expect(status).toBe(201);
    expect(await stage.db.database.query(`SELECT actor, action FROM audit_log WHERE stream = 'api'`)).toEqual([
      { actor: 'oidc:dashboard', action: 'export.start' },
      { actor: 'oidc:dashboard', action: 'inspection.create' },
    ]);
  });

  it('takes both where it takes both', async () => {
    const { key } = await createKey(
      stage.db.database,
      { name: 'n', role: 'viewer', scopes: [], sites: null, products: null, expires_at: null },
      { by: 'test', reason: 'a test' },
    );
    for (const credential of [key, await issuer.token()]) {
      expect((await call(credential, '/v1/yield', {}, both)).status).toBe(200);
    }
    expect((await call('nonsense', '/v1/yield', {}, both)).status).toBe(401);
  });
});
