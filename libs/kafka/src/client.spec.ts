import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig, serviceSchema } from '@chip/service';
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { kafkaConnection, kafkaVariables, serviceConnection } from './client.ts';

const schema = z.object(kafkaVariables);
const connection = (env: Record<string, string>) => kafkaConnection(loadConfig(schema, env), 'test');

describe('configuration of Kafka', () => {
  it('takes brokers as host:port, separated by commas', () => {
    expect(connection({ KAFKA_BROKERS: 'a:9092, b.example:19092,[::1]:9092' })).toEqual({
      brokers: ['a:9092', 'b.example:19092', '[::1]:9092'],
      clientId: 'test',
    });
  });

  it.each(['kafka', 'kafka:', 'http://kafka:9092', 'a:1,,b:2', 'a:9092;b:9092'])(
    'refuses the broker list %s by name',
    (brokers) => {
      expect(() => connection({ KAFKA_BROKERS: brokers })).toThrow(
        'KAFKA_BROKERS must be host:port, several separated by commas',
      );
    },
  );

  it('needs brokers', () => {
    expect(() => connection({})).toThrow(ConfigError);
  });

  it('speaks TLS with a private authority and a client certificate', () => {
    expect(connection({ KAFKA_BROKERS: 'a:1', KAFKA_SSL: 'on' }).ssl).toBe(true);
    expect(
      connection({
        KAFKA_BROKERS: 'a:1',
        KAFKA_SSL: 'on',
        KAFKA_SSL_CA: 'pem',
        KAFKA_SSL_CERT: 'c',
        KAFKA_SSL_KEY: 'k',
      }).ssl,
    ).toEqual({
      ca: 'pem',
      cert: 'c',
      key: 'k',
    });
    expect(connection({ KAFKA_BROKERS: 'a:1', KAFKA_SSL_CA: 'pem' }).ssl).toBeUndefined();
  });

  it('proves who it is by SASL', () => {
    const env = {
      KAFKA_BROKERS: 'a:1',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
    };
    expect(connection(env).sasl).toEqual({ mechanism: 'scram-sha-512', username: 'u', password: 'p' });
  });

  it('proves who it is by a token, from a file or for client credentials', () => {
    const env = { KAFKA_BROKERS: 'a:1', KAFKA_SASL_MECHANISM: 'oauthbearer' };
    expect(connection({ ...env, KAFKA_SASL_TOKEN_FILE: '/token' }).sasl).toEqual({
      mechanism: 'oauthbearer',
      tokens: { file: '/token' },
    });
    const credentials = {
      KAFKA_SASL_TOKEN_ENDPOINT: 'https://sso.example/token',
      KAFKA_SASL_USERNAME: 'id',
      KAFKA_SASL_PASSWORD: 'secret',
    };
    expect(connection({ ...env, ...credentials, KAFKA_SASL_SCOPE: 'kafka' }).sasl).toEqual({
      mechanism: 'oauthbearer',
      tokens: { endpoint: 'https://sso.example/token', clientId: 'id', clientSecret: 'secret', scope: 'kafka' },
    });
  });

  it.each([
    [{ KAFKA_SASL_MECHANISM: 'plain' }, 'KAFKA_SASL_USERNAME is required with KAFKA_SASL_MECHANISM=plain'],
    [
      { KAFKA_SASL_MECHANISM: 'scram-sha-256', KAFKA_SASL_USERNAME: 'u' },
      'KAFKA_SASL_PASSWORD is required with KAFKA_SASL_MECHANISM=scram-sha-256',
    ],
    [{ KAFKA_SASL_MECHANISM: 'oauthbearer' }, 'KAFKA_SASL_TOKEN_FILE or KAFKA_SASL_TOKEN_ENDPOINT, one of them,'],
    [
      {
        KAFKA_SASL_MECHANISM: 'oauthbearer',
        KAFKA_SASL_TOKEN_FILE: '/token',
        KAFKA_SASL_TOKEN_ENDPOINT: 'https://sso.example',
      },
      'KAFKA_SASL_TOKEN_FILE or KAFKA_SASL_TOKEN_ENDPOINT, one of them,',
    ],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_TOKEN_ENDPOINT: 'https://sso.example' },
      'KAFKA_SASL_USERNAME is required with KAFKA_SASL_TOKEN_ENDPOINT',
    ],
    [{ KAFKA_SASL_TOKEN_ENDPOINT: 'sso' }, 'KAFKA_SASL_TOKEN_ENDPOINT is not valid: Invalid URL'],
    [{ KAFKA_SASL_TOKEN_ENDPOINT: 'http://sso.example' }, 'KAFKA_SASL_TOKEN_ENDPOINT must be https'],
  ])('refuses incomplete credentials by name: %j', (env, message) => {
    expect(() => connection({ KAFKA_BROKERS: 'a:1', ...env })).toThrow(message);
  });

  it('puts prefixes before the names of topics and groups, and refuses what Kafka would', () => {
    expect(connection({ KAFKA_BROKERS: 'a:1', TOPIC_PREFIX: 'fab7.', GROUP_PREFIX: 'fab-7_' })).toMatchObject({
      topicPrefix: 'fab7.',
      groupPrefix: 'fab-7_',
    });
    expect(Object.keys(connection({ KAFKA_BROKERS: 'a:1', TOPIC_PREFIX: '', GROUP_PREFIX: '' }))).toEqual([
      'brokers',
      'clientId',
    ]);
    for (const name of ['TOPIC_PREFIX', 'GROUP_PREFIX']) {
      for (const wrong of ['a/b', 'fab 7', 'é', 'x'.repeat(101)]) {
        expect(() => connection({ KAFKA_BROKERS: 'a:1', [name]: wrong })).toThrow(
          `${name} must be at most 100 letters, digits, dots, underscores and hyphens`,
        );
      }
    }
  });

  it('of a service without a group reads its files again for each connection', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'chip-kafka-'));
    const [password, ca] = ['password', 'ca'].map((name) => path.join(folder, name)) as [string, string];
    writeFileSync(password, 'first');
    writeFileSync(ca, 'one');
    const { GROUP_PREFIX: _, ...variables } = kafkaVariables;
    const config = loadConfig(serviceSchema.extend(variables), {
      KAFKA_BROKERS: 'a:1',
      INSTANCE: '7',
      KAFKA_SSL: 'on',
      KAFKA_SSL_CA_FILE: ca,
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD_FILE: password,
    });
    const service = serviceConnection(config, 'reader', new Registry());
    expect(service).toMatchObject({ clientId: 'reader-7', ssl: { ca: 'one' }, sasl: { password: 'first' } });
    writeFileSync(password, 'second');
    writeFileSync(ca, 'two');
    expect(service).toMatchObject({ ssl: { ca: 'two' }, sasl: { password: 'second' } });
    rmSync(folder, { recursive: true });
  });

  it('extends the schema of a service', () => {
    expect(loadConfig(serviceSchema.extend(kafkaVariables), { KAFKA_BROKERS: 'a:1' })).toMatchObject({
      HOST: '127.0.0.1',
      KAFKA_SSL: false,
    });
  });
});
