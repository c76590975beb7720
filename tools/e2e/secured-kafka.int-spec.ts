import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requiredEnv, waitFor } from '@chip/testing';
import kafkajs, { type AclEntry } from 'kafkajs';
import pg from 'pg';
import { oauthBearer } from './oauth-bearer.ts';
import { Pipeline, type Service } from './pipeline.ts';
import { SecuredKafka } from './secured-kafka.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes } = kafkajs;

const SAMPLES = 'telemetry.samples.v1';
const RESULTS = 'inspection.results.v1';
const PASSWORD = 'a long word, with blanks = and signs';
const FOLDER = mkdtempSync(path.join(tmpdir(), 'chip-secret-'));
const PASSWORD_FILE = path.join(FOLDER, 'password');
const DATABASE_PASSWORD_FILE = path.join(FOLDER, 'database-password');
/** Of this test's own: other tests of the server go on with those of the services. */
const ROLES = ['writer', 'ingest', 'api'].map((name) => `e2e_${randomBytes(4).toString('hex')}_${name}`);

let broker: SecuredKafka;
let pipeline: Pipeline;
let as: Record<'ingest' | 'writer' | 'operator', Record<string, string>>;

beforeAll(async () => {
  broker = await SecuredKafka.start({ operator: PASSWORD, machine: PASSWORD });
  await Promise.all([broker.addScramUser('SCRAM-SHA-512', 'ingest', PASSWORD), broker.certify('writer')]);
  writeFileSync(PASSWORD_FILE, PASSWORD);
  const tls = { KAFKA_SSL: 'on', KAFKA_SSL_CA_FILE: broker.file('ca.pem') };
  const sasl = (username: string, mechanism: string): Record<string, string> => ({
    ...tls,
    KAFKA_BROKERS: broker.sasl,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD_FILE: PASSWORD_FILE,
  });
  as = {
    ingest: sasl('ingest', 'scram-sha-512'),
    writer: {
      ...tls,
      KAFKA_BROKERS: broker.mutualTls,
      KAFKA_SSL_CERT_FILE: broker.file('writer.pem'),
      KAFKA_SSL_KEY_FILE: broker.file('writer.key'),
    },
    operator: sasl('operator', 'plain'),
  };
  const admin = new kafkajs.Kafka({ brokers: [broker.admin], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createAcls({ acl: documentedRights() });
  await admin.disconnect();
  pipeline = await Pipeline.create(broker.admin, as.operator);
  await setDatabasePasswords('first', (role) => {
    const of = role.replace(/^e2e_[0-9a-f]+/, 'chip');
    return `CREATE ROLE ${role} LOGIN IN ROLE ${of}`;
  });
}, 300_000);

afterAll(async () => {
  await pipeline?.close();
  await administer(ROLES.map((role) => `DROP ROLE IF EXISTS ${role}`));
  await broker?.stop();
  rmSync(FOLDER, { recursive: true, force: true });
}, 180_000);

async function administer(statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: requiredEnv('DATABASE_URL') });
  await client.connect();
  await client.query(statements.join(';'));
  await client.end();
}

async function setDatabasePasswords(password: string, statement: (role: string) => string): Promise<void> {
  writeFileSync(DATABASE_PASSWORD_FILE, password);
  await administer(ROLES.map((role) => `${statement(role)} PASSWORD '${password}'`));
}

/** The database of the pipeline for a role, with the password in a file. */
async function databaseOf(name: string): Promise<{ DATABASE_URL: string }> {
  const { database } = await pipeline.one<{ database: string }>('SELECT current_database() AS database');
  const url = new URL(requiredEnv('DATABASE_URL'));
  url.username = ROLES.find((role) => role.endsWith(name)) as string;
  url.password = '';
  url.pathname = database;
  url.searchParams.set('passwordfile', DATABASE_PASSWORD_FILE);
  return { DATABASE_URL: url.href };
}

/** The table of docs/deployment.md, as ACLs. */
function documentedRights(): AclEntry[] {
  const text = readFileSync(fileURLToPath(new URL('../../docs/deployment.md', import.meta.url)), 'utf8');
  const [, table = ''] = /<!-- rights.*-->\n([^]*?)\n\n/.exec(text) ?? [];
  const quoted = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name as string);
  return table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .flatMap(([, who = '', of = '', names = '', operations = '']) =>
      quoted(names).flatMap((resourceName) =>
        // A condition in parentheses says when the operation is needed.
        operations
          .replace(/ \(.*\)$/, '')
          .split(', ')
          .map((operation) => ({
            principal: `User:${quoted(who)[0]}`,
            host: '*',
            permissionType: AclPermissionTypes.ALLOW,
            resourceType: of === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
            resourceName,
            resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
            operation:
              AclOperationTypes[
                operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() as keyof typeof AclOperationTypes
              ],
          })),
      ),
    );
}

/** Publishes as machines do: with TLS and SASL PLAIN, and the right to write to their topics. */
async function publish(topic: string, values: unknown[]): Promise<void> {
  const machine = new kafkajs.Kafka({
    brokers: [broker.sasl],
    ssl: { ca: broker.pem('ca') },
    sasl: { mechanism: 'plain', username: 'machine', password: PASSWORD },
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await machine.connect();
  await machine.send({ topic, messages: values.map((value) => ({ key: 'one', value: JSON.stringify(value) })) });
  await machine.disconnect();
}

const sample = (n: number): Record<string, unknown> => ({
  time: new Date().toISOString(),
  service_name: 'secured',
  metric_name: 'n',
  metric_value: n,
});
const rows = async (): Promise<number> =>
  Number((await pipeline.one<{ n: string }>('SELECT count(*) AS n FROM system_metrics')).n);

describe('a broker with TLS, SASL and access control', () => {
  let ingest: Service;
  let writer: Service;

  it('is enough with the documented rights: rows land, letters of both services leave', async () => {
    [ingest, writer] = await Promise.all([
      pipeline.start('ingest', { ...as.ingest, ...(await databaseOf('ingest')) }),
      pipeline.start('writer', { ...as.writer, ...(await databaseOf('writer')) }),
    ]);
    await publish(SAMPLES, [...Array.from({ length: 100 }, (_, n) => sample(n)), { bad: true }]);
    // Only the writer, which queries the database, can know that this type is unknown.
    await publish(RESULTS, [
      {
        event_id: '5d3f0f5e-0b6f-4b7e-9d5c-0c8d0d1f2a3b',
        lot_id: 'L1',
        chip_id: 'C1',
        inspection_type: 'no_such_type',
        status: 'completed',
        result: 'pass',
        occurred_at: new Date().toISOString(),
      },
    ]);
    await pipeline.untilIdle();
    expect(await rows()).toBe(100);
    expect((await pipeline.letters(SAMPLES)).map(({ headers }) => headers['stage'])).toEqual(['ingest']);
    expect((await pipeline.letters(RESULTS)).map(({ headers }) => headers['stage'])).toEqual(['writer']);
  });

  it('lets the operator check topics, list and replay letters, and plan for a position', async () => {
    const run = (command: string, ...args: string[]): Promise<string> =>
      pipeline.run('operator', command, args, as.operator);
    expect(await run('topics', 'check')).toMatch(/all topics are as the contract says/);
    expect(await run('dlq', 'list', SAMPLES)).toMatch(/schema_violation/);
    expect(await run('dlq', 'replay', SAMPLES, '--patch', JSON.stringify(sample(100)), '--yes')).toMatch(/1 /);
    await pipeline.untilIdle();
    expect(await rows()).toBe(101);
    const plan = ['rewind-ingest', SAMPLES, '0', '--to', '0', '--reason', 'test', '--dry-run'];
    await expect(run('positions', ...plan)).rejects.toThrow(/stop/);
  });

  it('says what is missing, and loses nothing meanwhile', async () => {
    const right = {
      principal: 'User:ingest',
      resourceType: AclResourceTypes.TOPIC,
      resourceName: `${SAMPLES}.dlq`,
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
      operation: AclOperationTypes.WRITE,
      permissionType: AclPermissionTypes.ALLOW,
      host: '*',
    };
    await pipeline.admin.deleteAcls({ filters: [{ ...right, permissionType: AclPermissionTypes.ANY }] });
    await publish(SAMPLES, [{ bad: 'again' }, sample(101)]);
    // The partition stops with a reason; the process goes on with the others.
    await waitFor(
      () => /"msg":"partition_stopped"/.test(ingest.output()) && /TOPIC_AUTHORIZATION_FAILED/.test(ingest.output()),
      Boolean,
      { timeoutMs: 60_000 },
    );
    expect(ingest.output()).toMatch(/telemetry\.samples\.v1\.dlq/);
    expect(ingest.process.exitCode).toBeNull();

    // The writer sees the ends of the machine topics: the lag is known, although no block arrives.
    await waitFor(
      () => pipeline.one<{ lag: string }>('SELECT sum(high_watermark - next_offset) AS lag FROM stream_positions'),
      ({ lag }) => Number(lag) === 2,
    );

    // Ingest retries by itself.
    await pipeline.admin.createAcls({ acl: [right] });
    await pipeline.untilIdle(120_000);
    expect(await rows()).toBe(102);
    expect(await pipeline.letters(SAMPLES)).toHaveLength(2);
  });

  it('accepts a renewed authority, certificate and password without a restart of the services', async () => {
    const renewed = 'another long word';
    await broker.addScramUser('SCRAM-SHA-512', 'ingest', renewed);
    writeFileSync(PASSWORD_FILE, renewed);
    await broker.renew('writer');
    await publish(SAMPLES, [sample(102), { bad: 'once more' }]);
    await pipeline.untilIdle(120_000);
    expect(await rows()).toBe(103);
    expect(await pipeline.letters(SAMPLES)).toHaveLength(3);
    expect([ingest.process.exitCode, writer.process.exitCode]).toEqual([null, null]);
    // Operators come with the password that the broker knows for them.
    writeFileSync(PASSWORD_FILE, PASSWORD);
  });

  it('accepts renewed passwords of the database without a restart of the services', async () => {
    const query = await pipeline.start('query', await databaseOf('api'));
    const connected = async (): Promise<string[] | null> => {
      const { roles } = await pipeline.one<{ roles: string[] | null }>(
        'SELECT array_agg(DISTINCT usename::text) AS roles FROM pg_stat_activity WHERE usename = ANY ($1)',
        [ROLES],
      );
      return roles;
    };
    await waitFor(async () => (await connected())?.length === ROLES.length);
    await setDatabasePasswords('second', (role) => `ALTER ROLE ${role}`);
    await pipeline.one('SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = ANY ($1)', [
      ROLES,
    ]);
    await publish(SAMPLES, [sample(103)]);
    await pipeline.untilIdle(120_000);
    expect(await rows()).toBe(104);
    // A service connects again when it asks: query when it is asked, ingest every few seconds.
    const answers = async (): Promise<boolean> => (await fetch(`${query.url}/v1/pipeline`)).ok;
    await waitFor(async () => (await answers()) && (await connected())?.length === ROLES.length);
    expect([ingest, writer, query].map(({ process }) => process.exitCode)).toEqual([null, null, null]);
    const former = new URL((await databaseOf('api')).DATABASE_URL);
    former.searchParams.delete('passwordfile');
    former.password = 'first';
    const refused = new pg.Client({ connectionString: former.href });
    await expect(refused.connect()).rejects.toMatchObject({ code: '28P01' });
    // No test after this one needs them.
    expect(await Promise.all([ingest, writer, query].map((service) => pipeline.end(service)))).toEqual([0, 0, 0]);
  });

  it('refuses a wrong password at once, without repeating it', async () => {
    const wrong = 'a-mistaken-password';
    const refused = await pipeline.start('ingest', { ...as.ingest, KAFKA_SASL_PASSWORD: wrong }).catch(String);
    expect(refused).toMatch(/ended with 1/);
    expect(refused).toMatch(/invalid credentials/);
    expect(refused).not.toContain(wrong);
  });

  it('waits, not ready, while nobody has heard of the authority, and says so', async () => {
    const service = await pipeline.launch('ingest', { ...as.ingest, KAFKA_SSL_CA_FILE: '' });
    await waitFor(() => /unable to verify the first certificate/.test(service.output()));
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    expect(await pipeline.end(service)).toBe(0);
  });

  it('lets the operator grow the topics', async () => {
    const grown = await pipeline.run('operator', 'topics', ['grow', '9'], as.operator);
    expect(grown.match(/: 9 partitions/g)).toHaveLength(6);
  });
});

oauthBearer(() => broker);
