import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { TestAuthority } from '@chip/testing';

const servers: http.Server[] = [];
afterEach(() => {
  servers.splice(0).forEach((server) => server.close());
});

const listener = (status: number): http.RequestListener => {
  return ({ url }, response) => response.writeHead(url === '/health/ready' ? status : 404).end('the reason');
};
async function portOf(server: http.Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}
async function check(env: Record<string, string>): Promise<{ code: number; errors: string }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'healthcheck.mjs'), 'ready'], { env });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, errors };
}

it('asks the port of the service', async () => {
  expect(await check({ PORT: await portOf(http.createServer(listener(200))) })).toEqual({ code: 0, errors: '' });
  expect(await check({ PORT: await portOf(http.createServer(listener(503))) })).toEqual({
    code: 1,
    errors: 'the reason\n',
  });
  const closed = http.createServer();
  const port = await portOf(closed);
  closed.close();
  expect(await check({ PORT: port })).toMatchObject({ code: 1, errors: expect.stringContaining('ECONNREFUSED') });
});

it('asks the management port where there is one', async () => {
  const port = await portOf(http.createServer(listener(200)));
  expect((await check({ PORT: '1', MANAGEMENT_PORT: port, HTTPS_CERTIFICATE: 'tls.crt' })).code).toBe(0);
});

it('speaks HTTPS with a service that speaks nothing else, whatever name its certificate is for', async () => {
  const authority = await TestAuthority.create();
  try {
    const { certificate, key } = await authority.certify('DNS:chip.example');
    const options = { cert: readFileSync(certificate), key: readFileSync(key) };
    const port = await portOf(https.createServer(options, listener(200)));
    expect(await check({ PORT: port, HTTPS_CERTIFICATE: certificate })).toEqual({ code: 0, errors: '' });
    expect((await check({ PORT: port })).code).toBe(1);
  } finally {
    authority.remove();
  }
});
