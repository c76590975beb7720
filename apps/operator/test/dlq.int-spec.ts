import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEAD_LETTER_HEADERS, deadLetterKey, deadLetterTopic } from '@chip/contracts';
import { KafkaProducer, type OutgoingRecord, readTopic, type TopicRecord } from '@chip/kafka';
import { DeadLetterReplay, judgeOf, type LetterFilter, lettersOf, type ReplayOptions } from '@chip/letters';
import { verifyAudit } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asOperator, type EntryResult, runEntry } from './run-entry.ts';

const kafka = TestKafka.forFile();
let db: TestDatabase;
let producer: KafkaProducer;
const { logger } = createLogger({ name: 'test', level: 'silent' });
const connection = () => kafka.connection('test-dlq');

beforeAll(async () => {
  db = await createTestDatabase();
  producer = new KafkaProducer(connection(), logger);
});
afterAll(async () => {
  await producer.disconnect();
  await db.drop();
});

/** A machine topic with its dead-letter topic, both under a random name. */
async function topics(): Promise<string> {
  const topic = await kafka.topic(2);
  await kafka.createTopic(deadLetterTopic(topic), 3);
  kafka.removeLater(deadLetterTopic(topic));
  return topic;
}

interface Refused {
  offset: number;
  value: Buffer | string | null;
  code?: string;
  detail?: string;
  stage?: string;
  index?: number;
  headers?: Record<string, Buffer | string>;
  failedAt?: string;
}
const letter = (topic: string, refused: Refused): OutgoingRecord => ({
  key: deadLetterKey(topic, 0, refused.offset, refused.index),
  value: refused.value,
  headers: {
    [DEAD_LETTER_HEADERS.code]: refused.code ?? 'schema_violation',
    [DEAD_LETTER_HEADERS.detail]: refused.detail ?? '/service_name: got nothing, expected a string',
    [DEAD_LETTER_HEADERS.topic]: topic,
    [DEAD_LETTER_HEADERS.partition]: '0',
    [DEAD_LETTER_HEADERS.offset]: String(refused.offset),
    [DEAD_LETTER_HEADERS.failedAt]: refused.failedAt ?? '2026-01-20T08:00:00.000Z',
    [DEAD_LETTER_HEADERS.stage]: refused.stage ?? 'ingest',
    ...refused.headers,
  },
});
const send = (topic: string, ...refused: Refused[]): Promise<void> =>
  producer.sendAll(
    deadLetterTopic(topic),
    refused.map((one) => letter(topic, one)),
  );
const published = async (topic: string): Promise<TopicRecord[]> => {
  const records: TopicRecord[] = [];
  for await (const record of readTopic(connection(), logger, topic)) {
    records.push(record);
  }
  return records;
};
const headerOf = (record: TopicRecord, name: string): string | undefined => record.headers[name]?.toString();
const environment = () => ({ KAFKA_BROKERS: kafka.brokers.join(','), DATABASE_URL: asOperator(db.url) });
const dlq = (...args: string[]): Promise<EntryResult> => runEntry('dlq', args, environment());
const replay = (topic: string, options: Partial<ReplayOptions> = {}, sendAll = producer.sendAll.bind(producer)) =>
  new DeadLetterReplay(
    topic,
    db.database,
    { sendAll },
    {
      isDryRun: false,
      again: false,
      by: 'test',
      reason: 'test',
      ...options,
    },
  );
const lettersIn = (topic: string, filter: LetterFilter = {}) =>
  lettersOf(readTopic(connection(), logger, deadLetterTopic(topic)), filter);

describe('dlq', () => {
  it('finds, fixes and publishes 2,000 mixed letters again with three commands', async () => {
    const topic = await topics();
    const refused = Array.from({ length: 2_000 }, (_, offset): Refused => {
      const event = { time: '2026-01-20T07:59:00Z', metric_name: 'm', metric_value: offset, host: `h${offset % 7}` };
      if (offset % 10 < 5) {
        return { offset, value: JSON.stringify(event) };
      }
      if (offset % 10 < 8) {
        return {
          offset,
          value: JSON.stringify({ ...event, service_name: 'etch' }),
          code: 'database_rejected',
          detail: 'SQLSTATE 23514, table system_metrics',
          stage: 'writer',
        };
      }
      return {
        offset,
        value: JSON.stringify({ ...event, service_name: 'litho', lot_id: 'L1' }),
        code: 'unknown_inspection_type',
        detail: '/inspection_type: got optical, expected a known type',
        stage: 'writer',
      };
    });
    await send(topic, ...refused);
    // What a crash writes again.
    await send(topic, ...refused.slice(0, 30));

    const listed = await dlq('list', topic, '--json');
    expect(listed.stderr).toBe('');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      topic: `${topic}.dlq`,
      causes: [
        { code: 'schema_violation', stage: 'ingest', letters: 1000, repeats: 15, replayed: 0 },
        { code: 'database_rejected', stage: 'writer', letters: 600, origins: [{ text: 'etch', letters: 600 }] },
        { code: 'unknown_inspection_type', letters: 400, origins: [{ text: 'litho', letters: 400 }] },
      ],
    });

    const rest = ['--reason', 'fixed'];
    const first = await dlq(
      'replay',
      topic,
      '--code',
      'schema_violation',
      '--patch',
      '{"service_name":"cvd"}',
      ...rest,
    );
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('published again to ' + topic + ': 1000 (1000 schema_violation)');
    const others = await dlq('replay', topic, '--code', 'database_rejected,unknown_inspection_type', ...rest);
    expect(others.stdout).toContain(': 1000 (');

    const records = await published(topic);
    expect(records).toHaveLength(2_000);
    expect(new Set(records.map((record) => headerOf(record, 'replay-of'))).size).toBe(2_000);
    const byKey = new Map(records.map((record) => [headerOf(record, 'replay-of'), record]));
    for (const { offset, value, stage } of refused) {
      const record = byKey.get(deadLetterKey(topic, 0, offset))!;
      const got = record.value!.toString();
      if (stage === 'writer') {
        expect(got).toBe(value);
      } else {
        expect(JSON.parse(got)).toEqual({ ...(JSON.parse(value as string) as object), service_name: 'cvd' });
      }
    }
    // Nothing is published a second time.
    const second = await dlq('replay', topic);
    expect(second.stdout).toContain(': 0\nskipped: 2000 replayed before');
    expect(await published(topic)).toHaveLength(2_000);
    expect((await dlq('list', topic)).stdout).toContain(
      '2,000 dead letters (and 30 repeats of the same keys, not counted), 0 of them not replayed yet',
    );
    const [audit] = await verifyAudit(db.database, { stream: 'operator' });
    expect(audit).toMatchObject({ entries: 4_000, broken: null });
  }, 180_000);

  it('publishes the very bytes, key and headers of the machine, and two headers of its own', async () => {
    const topic = await topics();
    const raw = Buffer.from([0, 1, 0xff, 0xfe, 10]);
    await send(
      topic,
      { offset: 1, value: raw, code: 'invalid_text', headers: { [DEAD_LETTER_HEADERS.key]: raw, trace: raw } },
      { offset: 2, value: null, code: 'malformed_json' },
      {
        offset: 3,
        value: '{"host":"h1","metric_value":1.10,"big":12345678901234567890}',
        stage: 'writer',
        code: 'database_rejected',
      },
    );
    await replay(topic).run(lettersIn(topic));
    const records = await published(topic);
    const of = (offset: number): TopicRecord =>
      records.find((record) => headerOf(record, 'replay-of') === deadLetterKey(topic, 0, offset))!;
    expect(of(1)).toMatchObject({ value: raw, key: raw });
    expect(Object.keys(of(1).headers).sort()).toEqual(['replay-count', 'replay-of', 'trace']);
    expect(of(1).headers['trace']).toEqual(raw);
    expect(of(2)).toMatchObject({ value: null, key: null });
    expect(of(3).key!.toString()).toBe('h1');
    expect(of(3).value!.toString()).toContain('"metric_value":1.10,"big":12345678901234567890');

    // A patch leaves the digits of other numbers alone.
    await replay(topic, { again: true, patch: { host: 'h2' } }).run(lettersIn(topic));
    const patched = (await published(topic)).filter((record) => headerOf(record, 'replay-count') === '2');
    expect(patched.map(({ value }) => value!.toString())).toEqual([
      '{"host":"h2","metric_value":1.10,"big":12345678901234567890}',
    ]);
  });

  it('a letter of a replayed event says how often it was tried, and so does its next replay', async () => {
    const topic = await topics();
    const headers = { 'replay-of': deadLetterKey(topic, 0, 4), 'replay-count': '2' };
    await send(topic, { offset: 9, value: '{}', headers });
    await replay(topic).run(lettersIn(topic));
    const [record] = await published(topic);
    expect([headerOf(record!, 'replay-of'), headerOf(record!, 'replay-count')]).toEqual([
      deadLetterKey(topic, 0, 9),
      '3',
    ]);
  });

  it('names the letters whose replay was interrupted and leaves them alone', async () => {
    const topic = await topics();
    await send(topic, { offset: 1, value: '{}' }, { offset: 2, value: '{}' });
    const broken = replay(topic, {}, () => Promise.reject(new Error('the process died here')));
    await expect(broken.run(lettersIn(topic))).rejects.toThrow('the process died here');
    expect(broken.outcome).toMatchObject({ published: 0 });
    expect(broken.outcome.uncertainKeys).toHaveLength(2);

    const next = await replay(topic).run(lettersIn(topic));
    expect(next.published).toBe(0);
    // Letters are in the partitions of their keys, and read partition by partition.
    expect(next.uncertainKeys.toSorted()).toEqual([1, 2].map((offset) => deadLetterKey(topic, 0, offset)));
    expect(await published(topic)).toEqual([]);

    const onlyFirst = lettersIn(topic, { keys: [deadLetterKey(topic, 0, 1)] });
    expect(await replay(topic, { again: true }).run(onlyFirst)).toMatchObject({ published: 1 });
    const records = await published(topic);
    expect(records.map((record) => headerOf(record, 'replay-of'))).toEqual([deadLetterKey(topic, 0, 1)]);
    expect(headerOf(records[0]!, 'replay-count')).toBe('2');
  });

  it('ends after the letters that it publishes when it is interrupted, as npm passes a Ctrl-C on: twice', async () => {
    const topic = await topics();
    await send(topic, ...Array.from({ length: 1200 }, (_, offset) => ({ offset, value: '{}' })));
    let running: Promise<EntryResult> | undefined;
    // Its marks wait for this transaction.
    await db.database.withTransaction(async (transaction) => {
      await transaction.query(`SELECT pg_advisory_xact_lock(hashtext('dead-letter replay'))`);
      const child = await new Promise<ChildProcess>((begun) => {
        running = runEntry('dlq', ['replay', topic], environment(), { begun });
      });
      await waitFor(
        () =>
          db.database.query(
            `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          ),
        ({ length }) => length > 0,
      );
      child.kill('SIGINT');
      await Promise.race([once(child.stderr!, 'data'), running]);
      child.kill('SIGINT');
    });
    expect(await running).toMatchObject({
      code: 130,
      stdout: `published again to ${topic}: 500 (500 schema_violation)\n`,
      stderr: 'stopping after the letters that are being published\n',
    });
    expect((await dlq('replay', topic)).stdout).toContain(`${topic}: 700 (`);
    expect(await published(topic)).toHaveLength(1200);
  });

  it('two replays at the same time share the letters out', async () => {
    const topic = await topics();
    await send(topic, ...Array.from({ length: 2000 }, (_, offset) => ({ offset, value: '{}' })));
    const outcomes = await Promise.all([1, 2].map(() => replay(topic).run(lettersIn(topic))));
    expect(outcomes.reduce((sum, outcome) => sum + outcome.published, 0)).toBe(2000);
    const records = await published(topic);
    expect(records).toHaveLength(2000);
    expect(new Set(records.map((record) => headerOf(record, 'replay-of'))).size).toBe(2000);
  });

  it('a dry run changes nothing and shows what a patch would make', async () => {
    const topic = await topics();
    await send(topic, { offset: 1, value: '{"a":1,"b":2}' }, { offset: 2, value: '[1]' });
    const shown = await dlq('replay', topic, '--dry-run', '--patch', '{"a":null,"c":{"d":1.10}}');
    expect(shown.stdout).toContain(`would be published again to ${topic}: 1 (1 schema_violation)`);
    expect(shown.stdout).toContain('would be: {"b":2,"c":{"d":1.10}}');
    expect(shown.stdout).toContain('skipped: 1 not patchable');
    expect(await published(topic)).toEqual([]);
    expect(await replay(topic).run(lettersIn(topic))).toMatchObject({ published: 2 });
  });

  it('a dry run says what ingest would refuse again, and why', async () => {
    const topic = await topics();
    const good = { time: new Date().toISOString(), service_name: 's', metric_name: 'm', metric_value: 1 };
    await send(
      topic,
      { offset: 1, value: JSON.stringify(good) },
      { offset: 2, value: JSON.stringify({ ...good, service_name: '' }) },
      { offset: 3, value: '{' },
    );
    const judge = judgeOf('telemetry.samples.v1', 0)!;
    const { published: counted, refusedAgain } = await replay(topic, { isDryRun: true, judge }).run(lettersIn(topic));
    expect(counted).toBe(3);
    expect([...refusedAgain].sort()).toEqual([
      ['malformed_json', 1],
      ['schema_violation', 1],
    ]);
  });

  it('skips what cannot be replayed', async () => {
    const topic = await topics();
    await send(topic, { offset: 1, value: 'cut', headers: { truncated: 'value of 2000000 bytes' } });
    await kafka.produce(deadLetterTopic(topic), [{ key: null, value: 'stranger' }]);
    const { passed } = await replay(topic).run(lettersIn(topic));
    expect([...passed].sort()).toEqual([
      ['no_letter', 1],
      ['truncated', 1],
    ]);
    expect(await published(topic)).toEqual([]);
  });

  it('shows letters, and says what to do when it is called wrongly', async () => {
    const topic = await topics();
    await send(topic, { offset: 1, value: Buffer.from([0x1b, 0x5b, 0xff]), headers: { trace: 'abc' } });
    const shown = await dlq('show', `${topic}.dlq`, '--json', '--offset-range', '0-5');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      key: deadLetterKey(topic, 0, 1),
      value: { base64: 'G1v/' },
      headers: { trace: { text: 'abc' } },
    });
    const missing = await dlq('list', 'test.no-such-topic');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('there is no topic test.no-such-topic.dlq; "npm run topics -- check"');
    const misnamed = await dlq('list', 'a b/c');
    expect(misnamed).toMatchObject({ code: 2, stdout: '' });
    expect(misnamed.stderr).toMatch(/'a b\/c' is invalid for argument 'topic'.*letters, digits, "\.", "_" and "-"/);
    const patched = ['replay', topic, '--dry-run', '--patch', 'patch.json'];
    const folder = mkdtempSync(path.join(tmpdir(), 'chip-patch-'));
    try {
      writeFileSync(path.join(folder, 'patch.json'), '{}');
      // As npm states the folder of its user.
      expect(await runEntry('dlq', patched, { ...environment(), INIT_CWD: folder })).toMatchObject({ code: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect((await dlq('replay', topic, '--patch', '{"a"')).stderr).toContain('--patch: not valid JSON');
    expect(await dlq('list', topic, '--from', 'yesterday')).toMatchObject({ code: 2 });
    expect(await dlq('list', topic, '--from', '2026-02-30')).toMatchObject({ code: 2 });
    // As from an unset shell variable: it must mean neither none nor all.
    expect(await dlq('replay', topic, '--key', '')).toMatchObject({ code: 2, stdout: '' });
    expect(await dlq('list', topic, '--partition', ',')).toMatchObject({ code: 2, stdout: '' });
    expect(await dlq('list', topic, '--from', '2026-02-02', '--to', '2026-02-02')).toMatchObject({
      code: 1,
      stdout: '',
    });
    expect((await dlq('list', topic, '--code', 'too_old')).stdout).toBe(`${topic}.dlq: no such dead letters\n`);
  });
});

it('says of a database without the schema what to do, also in a dry run', async () => {
  const empty = await createTestDatabase({ empty: true });
  try {
    const topic = await topics();
    for (const options of [[], ['--dry-run']]) {
      const result = await runEntry('dlq', ['replay', topic, ...options], {
        KAFKA_BROKERS: kafka.brokers.join(','),
        DATABASE_URL: empty.url,
      });
      expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('npm run db -- migrate') });
    }
  } finally {
    await empty.drop();
  }
});
