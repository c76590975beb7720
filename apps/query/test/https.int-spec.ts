import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CertificateFiles, TestAuthority, waitFor } from '@chip/testing';
import pino from 'pino';
import { createTestDatabase } from '@chip/persistence/testing';
import { openStage, QueryApp, type Stage } from './query-app.ts';

let authority: TestAuthority;
let stage: Stage;
beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterAll(() => authority.remove());

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Fingerprint of the certificate that the connection was made with. */
  readonly fingerprint: string | undefined;
}
async function ask(url: string, options: https.RequestOptions & { body?: string } = {}): Promise<Reply> {
  const { body, ...rest } = options;
  const client = url.startsWith('https:') ? https : http;
  const request = client.request(url, { ca: readFileSync(authority.certificate), ...rest });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const { fingerprint256 } = ((response.socket as Partial<TLSSocket>).getPeerCertificate?.() ??
    {}) as Partial<DetailedPeerCertificate>;
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
  }
  return { status: response.statusCode!, headers: response.headers, body: text, fingerprint: fingerprint256 };
}
const write = (origin: string, headers: Record<string, string> = {}): https.RequestOptions & { body: string } => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', origin, ...headers },
  body: JSON.stringify({ lot_id: 'L', chip_id: String(Math.random()), inspection_type: 'visual' }),
});

describe('HTTPS', () => {
  let used: CertificateFiles;
  let told = '';
  const install = ({ certificate, key }: CertificateFiles): void => {
    copyFileSync(key, used.key);
    copyFileSync(certificate, used.certificate);
  };
  beforeAll(async () => {
    used = await authority.certify('IP:127.0.0.1');
    const db = await createTestDatabase();
    const logger = pino({ level: 'info' }, { write: (line: string) => (told += line) });
    const config = { HTTPS_CERTIFICATE: used.certificate, HTTPS_KEY: used.key };
    const app = await QueryApp.start(db.url, config, { logger });
    stage = { db, app, end: () => app.stop().then(() => db.drop()) };
  });
  afterAll(() => stage?.end());

  it('is all that the port speaks', async () => {
    expect(stage.app.url).toMatch(/^https:/);
    const { status, headers } = await ask(`${stage.app.url}/v1/yield`);
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
    await expect(ask(`${stage.app.url.replace('https:', 'http:')}/v1/yield`)).rejects.toThrow();
    await expect(ask(`${stage.app.url}/v1/yield`, { ca: '' })).rejects.toThrow(/certificate/);
    await expect(ask(`${stage.app.url}/v1/yield`, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
  });

  it('outlives an export by HTTP/1.0 that breaks off', async () => {
    await stage.db.database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, tags)
       SELECT '2026-03-02T00:00:00Z'::timestamptz + n * INTERVAL '1 second', 's', 'm', n, jsonb_build_object('n', repeat('x', 1000))
       FROM generate_series(0, 9999) n`,
    );
    const files = { HTTPS_CERTIFICATE: used.certificate, HTTPS_KEY: used.key };
    // Long enough for a busy machine to begin the answer.
    const app = await QueryApp.start(stage.db.url, { ...files, EXPORT_MAX_SECONDS: 3 });
    try {
      const { hostname, port } = new URL(app.url);
      const accepted = once(app.app.getHttpServer(), 'secureConnection') as Promise<[TLSSocket]>;
      const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(authority.certificate) });
      const range = 'from=2026-03-02T00:00:00Z&to=2026-03-09T00:00:00Z';
      socket.write(`GET /v1/export/telemetry?${range} HTTP/1.0\r\nHost: ${hostname}:${port}\r\n\r\n`);
      const [connection] = await accepted;
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect(first.toString()).toMatch(/^HTTP\/1.1 200 /);
      // Reads no further, until it is cut.
      socket.on('error', () => undefined).pause();
      await waitFor(() => connection.destroyed);
      socket.destroy();
      expect((await ask(`${app.url}/v1/yield`)).status).toBe(200);
    } finally {
      await app.stop();
    }
  });

  it('knows its own pages from those of others', async () => {
    expect((await ask(`${stage.app.url}/v1/inspections`, write(stage.app.url))).status).toBe(201);
    expect((await ask(`${stage.app.url}/v1/inspections`, write('https://evil.example'))).status).toBe(403);
  });

  it('takes over a renewed certificate, and connections that are open go on', async () => {
    const keepAlive = new https.Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const first = await ask(`${stage.app.url}/v1/yield`, { agent: keepAlive });
      // The key comes first and does not fit the certificate for a moment: the old pair stays in use.
      const renewed = await authority.certify('IP:127.0.0.1');
      copyFileSync(renewed.key, used.key);
      await waitFor(() => told.includes('certificate_not_renewed'));
      expect((await ask(`${stage.app.url}/v1/yield`, { agent: false })).fingerprint).toBe(first.fingerprint);
      writeFileSync(used.certificate, 'half a certifi');
      install(renewed);
      await waitFor(
        async () => (await ask(`${stage.app.url}/v1/yield`, { agent: false })).fingerprint,
        (fingerprint) => fingerprint !== first.fingerprint,
        { intervalMs: 500 },
      );
      const again = await ask(`${stage.app.url}/v1/yield`, { agent: keepAlive });
      expect([again.status, again.fingerprint]).toEqual([200, first.fingerprint]);
    } finally {
      keepAlive.destroy();
    }
  });

  it('needs files that can be read', async () => {
    await expect(
      QueryApp.start(stage.db.url, { HTTPS_CERTIFICATE: '/nowhere/tls.crt', HTTPS_KEY: used.key }),
    ).rejects.toThrow(/nowhere/);
  });

  it('does not wait for the handshake of one client to serve another', async () => {
    const silent = connect({ host: '127.0.0.1', port: Number(new URL(stage.app.url).port), rejectUnauthorized: false });
    silent.on('error', () => undefined);
    expect((await ask(`${stage.app.url}/v1/yield`)).status).toBe(200);
    silent.destroy();
  });
});

describe('behind a proxy', () => {
  let trusting: QueryApp;
  let wary: QueryApp;
  const forwarded = {
    'x-forwarded-host': 'chip.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '192.0.2.7',
  };
  beforeAll(async () => {
    stage = await openStage({ TRUST_PROXY: ['127.0.0.1'], ALLOWED_HOSTS: ['chip.example'] });
    trusting = stage.app;
    wary = await QueryApp.start(stage.db.url, { TRUST_PROXY: ['192.0.2.0/24'], ALLOWED_HOSTS: ['chip.example'] });
  });
  afterAll(async () => {
    await wary?.stop();
    await stage?.end();
  });

  it('believes what a trusted address forwards', async () => {
    const { status, headers } = await ask(`${trusting.url}/v1/yield`, { headers: forwarded });
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
    expect((await ask(`${trusting.url}/v1/inspections`, write('https://chip.example', forwarded))).status).toBe(201);
    const rebound = { ...forwarded, 'x-forwarded-host': 'evil.example' };
    expect((await ask(`${trusting.url}/v1/yield`, { headers: rebound })).status).toBe(421);
    expect((await ask(`${trusting.url}/v1/inspections`, write('https://evil.example', forwarded))).status).toBe(403);
  });

  it('ignores it from any other address', async () => {
    const { status, headers } = await ask(`${wary.url}/v1/yield`, {
      headers: { ...forwarded, 'x-forwarded-host': 'evil.example' },
    });
    expect([status, headers['strict-transport-security']]).toEqual([200, undefined]);
    expect((await ask(`${wary.url}/v1/inspections`, write('https://chip.example', forwarded))).status).toBe(403);
  });
});
