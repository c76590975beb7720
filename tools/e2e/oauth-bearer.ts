import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { withoutKafkaAccess } from '@chip/testing';
import type { SecuredKafka } from './secured-kafka.ts';

/** An unsigned token, which the broker accepts as long as it has no keys to check one with. */
function token(name: string, lifeSeconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const parts = [{ alg: 'none' }, { sub: name, iat: now - 5, exp: now + lifeSeconds }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}

/** An operator's command with the variables of a service. Without rights it sees no topic, but it has authenticated. */
async function call(broker: SecuredKafka, env: Record<string, string>): Promise<string> {
  const command = spawn(process.execPath, ['dist/topics.js', 'check'], {
    cwd: fileURLToPath(new URL('../../apps/operator', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...withoutKafkaAccess(),
      KAFKA_BROKERS: broker.sasl,
      KAFKA_SSL: 'on',
      KAFKA_SSL_CA_FILE: broker.file('ca.pem'),
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      ...env,
    },
  });
  let output = '';
  command.stdout.on('data', (text: Buffer) => (output += text.toString()));
  command.stderr.on('data', (text: Buffer) => (output += text.toString()));
  await once(command, 'close');
  return output;
}

const LET_IN = /^topic telemetry\.samples\.v1 does not exist$/m;

/** Tests of a broker that has keys for no token: it takes each as it stands. */
export const oauthBearer = (broker: () => SecuredKafka): void =>
  describe('SASL OAUTHBEARER', () => {
    it('lets in by a token from a file, read for each session', async () => {
      const file = broker().file('token');
      const env = { KAFKA_SASL_TOKEN_FILE: file };
      writeFileSync(file, `${token('nobody', 3_600)}\n`);
      expect(await call(broker(), env)).toMatch(LET_IN);
      const ended = token('nobody', -3_600);
      writeFileSync(file, ended);
      const refused = await call(broker(), env);
      expect(refused).toMatch(/the broker refuses the token: .*invalid_token/);
      expect(refused).not.toContain(ended);
      writeFileSync(file, '');
      expect(await call(broker(), env)).toMatch(/kafka_unavailable: .*token file .* is empty/);
      writeFileSync(file, token('nobody', 3_600));
      expect(await call(broker(), env)).toMatch(LET_IN);
    }, 240_000);

    it('lets in by client credentials, and says what the endpoint refuses', async () => {
      let requests = 0;
      const endpoint = createServer((request, response) => {
        requests++;
        const isKnown =
          request.headers.authorization === `Basic ${Buffer.from('an%20id:a%3Asecret').toString('base64')}`;
        response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isKnown ? { access_token: token('nobody', 3_600), expires_in: 3_600 } : {}));
      }).listen(0, '127.0.0.1');
      await once(endpoint, 'listening');
      const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`;
      const env = { KAFKA_SASL_TOKEN_ENDPOINT: url, KAFKA_SASL_USERNAME: 'an id', KAFKA_SASL_PASSWORD: 'a:secret' };
      expect(await call(broker(), env)).toMatch(LET_IN);
      // Several connections, one token.
      expect(requests).toBe(1);
      const refused = await call(broker(), { ...env, KAFKA_SASL_PASSWORD: 'a-mistaken-secret' });
      expect(refused).toMatch(/refuses client an id: status 401/);
      expect(refused).not.toContain('a-mistaken-secret');
      endpoint.closeAllConnections();
      endpoint.close();
      expect(await call(broker(), env)).toMatch(/kafka_unavailable: .*the token endpoint .* does not answer/);
    }, 240_000);
  });
