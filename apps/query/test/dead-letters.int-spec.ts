/** Dead letters of a real broker: their index, and what the API answers from it. */
import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_HEADERS, deadLetterKey, deadLetterTopic, INSPECTION, TELEMETRY } from '@chip/contracts';
import { TopicReader } from '@chip/kafka';
import { indexLetters } from '@chip/letters';
import { createLogger } from '@chip/service';
import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LetterGroups, type LetterPage } from '../src/dead-letters/dead-letters-answer.ts';
import { type QueryConfig } from '../src/query.config.ts';
import { openStage, QueryApp, type Stage } from './query-app.ts';

const kafka = TestKafka.forFile();
const { logger } = createLogger({ name: 'test', level: 'silent' });
const TOPIC_PREFIX = `test.${randomUUID()}.`;
let stage: Stage;
let app: QueryApp;

interface Refused {
  topic?: string;
  offset: number;
  index?: number;
  machine?: string;
  code?: string;
  detail?: string;
  failedAt?: string;
  headers?: Record<string, string>;
}
const letter = (refused: Refused) => {
  const { topic = TELEMETRY.source, offset, index, machine = 'etcher', code = 'schema_violation' } = refused;
  return {
    key: deadLetterKey(topic, 0, offset, index),
    value: JSON.stringify({ service_name: machine }),
    headers: {
      [DEAD_LETTER_HEADERS.code]: code,
      [DEAD_LETTER_HEADERS.detail]: refused.detail ?? '/host: got nothing, expected a string',
      [DEAD_LETTER_HEADERS.partition]: '0',
      [DEAD_LETTER_HEADERS.offset]: String(offset),
      [DEAD_LETTER_HEADERS.failedAt]: refused.failedAt ?? '2026-01-20T08:00:00.000Z',
      [DEAD_LETTER_HEADERS.stage]: 'ingest',
      ...refused.headers,
    },
  };
};

/** The variables of a service that reads the topics of this test. */
function kafkaSettings(): Partial<QueryConfig> {
  const { brokers, ssl, sasl } = kafka.connection('test');
  return {
    INSTANCE: 'test',
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX,
    KAFKA_SSL: ssl !== undefined,
    ...(ssl === undefined ? {} : { KAFKA_SSL_CA: ssl.ca[0] }),
    ...(sasl === undefined
      ? {}
      : {
          KAFKA_SASL_MECHANISM: sasl.mechanism,
          KAFKA_SASL_USERNAME: sasl.username,
          KAFKA_SASL_PASSWORD: sasl.password,
        }),
  };
}

const groups = async (query = '', from = app): Promise<LetterGroups> => {
  const { status, body } = await from.get<LetterGroups>(`/v1/dead-letters/groups${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
const page = async (query: string): Promise<LetterPage> => {
  const { status, body } = await app.get<LetterPage>(`/v1/dead-letters?${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};

beforeAll(async () => {
  stage = await openStage();
  for (const { source } of [TELEMETRY, INSPECTION]) {
    await kafka.createTopic(TOPIC_PREFIX + deadLetterTopic(source), 2);
    kafka.removeLater(TOPIC_PREFIX + deadLetterTopic(source));
  }
  await kafka.produce(TOPIC_PREFIX + deadLetterTopic(TELEMETRY.source), [
    letter({ offset: 1 }),
    letter({ offset: 2, failedAt: '2026-01-21T08:00:00.000Z' }),
    letter({ offset: 2, failedAt: '2026-01-21T08:00:00.000Z' }),
    letter({ offset: 3, index: 0, detail: '/1/value: got "x", expected a number' }),
    letter({ offset: 3, index: 7, detail: '/7/value: got "y", expected a number' }),
    letter({ offset: 4, machine: 'tester', headers: { 'replay-of': 'telemetry.samples.v1/0/0', 'replay-count': '1' } }),
    letter({ offset: 5, machine: 'a\0b', code: 'c\0d', detail: 'no \0 place', failedAt: 'never' }),
    { key: null, value: 'of a stranger' },
  ]);
  await kafka.produce(TOPIC_PREFIX + deadLetterTopic(INSPECTION.source), [
    letter({ topic: INSPECTION.source, offset: 1, detail: '(event): got null, expected an object' }),
  ]);
  app = await QueryApp.start(stage.db.url, kafkaSettings());
});
afterAll(async () => {
  await app.stop();
  await stage.end();
});

describe('GET /v1/dead-letters/groups', () => {
  it('counts each refused event once, by cause and machine', async () => {
    const answer = await waitFor(
      () => groups(),
      ({ letters }) => letters === 8,
    );
    const counted = answer.groups.map((group) => [
      group.topic,
      group.code,
      group.field,
      group.machine,
      group.letters,
      group.failed_again,
    ]);
    expect(counted).toEqual([
      [TELEMETRY.source, 'schema_violation', '/*/value', 'etcher', 2, 0],
      [TELEMETRY.source, 'schema_violation', '/host', 'etcher', 2, 0],
      [INSPECTION.source, 'schema_violation', '(event)', 'etcher', 1, 0],
      [TELEMETRY.source, '', '', '', 1, 0],
      [TELEMETRY.source, 'cd', '', 'ab', 1, 0],
      [TELEMETRY.source, 'schema_violation', '/host', 'tester', 1, 1],
    ]);
    expect(answer).toMatchObject({ is_indexing: true, group_count: 6 });
    expect(answer.groups[1]).toMatchObject({
      first_failed_at: '2026-01-20T08:00:00Z',
      last_failed_at: '2026-01-21T08:00:00Z',
    });
    const behind = answer.positions.reduce((sum, { next_offset }) => sum + next_offset, 0);
    expect(behind).toBe(9);
  });

  it('filters, by empty texts too', async () => {
    expect((await groups('?machine=etcher&field=%2Fhost')).letters).toBe(2);
    expect((await groups('?machine=')).letters).toBe(1);
    expect((await groups('?from=2026-01-21T00:00:00Z&to=2026-01-22T00:00:00Z')).letters).toBe(1);
    expect((await groups('?machine=nobody')).groups).toEqual([]);
    expect((await app.get('/v1/dead-letters/groups?field=%00')).status).toBe(400);
  });

  it('has filters that select each group in the list, whatever wrote its letters', async () => {
    const { groups: all } = await groups();
    expect(all.some(({ code, stage }) => code === '' && stage === '')).toBe(true);
    for (const { topic, code, stage, field, machine, letters } of all) {
      const filter = new URLSearchParams({ topic, code, stage, field, machine }).toString();
      expect([filter, (await page(filter)).items.length]).toEqual([filter, letters]);
    }
  });

  it('says that an instance without brokers reads no letters, and answers from the table', async () => {
    expect(await groups('', stage.app)).toMatchObject({ is_indexing: false, letters: 8 });
  });

  it('takes up new letters', async () => {
    await kafka.produce(TOPIC_PREFIX + deadLetterTopic(INSPECTION.source), [
      letter({ topic: INSPECTION.source, offset: 2, machine: 'late' }),
    ]);
    const { groups: found } = await waitFor(
      () => groups('?machine=late'),
      ({ letters }) => letters > 0,
    );
    expect(found).toMatchObject([{ letters: 1, topic: INSPECTION.source }]);
  });
});

describe('GET /v1/dead-letters', () => {
  it('lists letters page by page, newest first, with what became of them', async () => {
    await stage.db.database.query(
      `SELECT append_audit('operator', 'ann', 'dead_letter.replay_started', 'dead-letter:${TELEMETRY.source}/0/2', 'why', NULL, NULL)`,
    );
    const first = await page(`topic=${TELEMETRY.source}&field=%2Fhost&limit=2`);
    const second = await page(`topic=${TELEMETRY.source}&field=%2Fhost&limit=2&cursor=${first.next_cursor}`);
    expect(second.next_cursor).toBeNull();
    const all = [...first.items, ...second.items];
    expect(all.map(({ key }) => key).sort()).toEqual([1, 2, 4].map((offset) => `${TELEMETRY.source}/0/${offset}`));
    expect(all[0]).toMatchObject({
      key: `${TELEMETRY.source}/0/2`,
      detail: '/host: got nothing, expected a string',
      replayed: { state: 'started', times: 1 },
    });
    expect(all.slice(1).map(({ replayed }) => replayed)).toEqual([null, null]);
  });
});

describe('the index', () => {
  it('holds every letter once, however many processes fill it', async () => {
    const topic = await kafka.topic();
    await kafka.createTopic(deadLetterTopic(topic), 2);
    kafka.removeLater(deadLetterTopic(topic));
    const letters = 3_000;
    await kafka.produce(
      deadLetterTopic(topic),
      Array.from({ length: letters }, (_, offset) => letter({ topic, offset })),
    );
    const reader = new TopicReader(kafka.connection('test'), logger);
    const stored = await Promise.all([1, 2, 3].map(() => indexLetters(topic, reader, stage.db.database)));
    expect(await indexLetters(topic, reader, stage.db.database)).toBe(0);
    const [row] = await stage.db.database.query<{ rows: number; repeats: number }>(
      'SELECT count(*) AS rows, count(*) FILTER (WHERE is_repeat) AS repeats FROM dead_letters WHERE topic = $1',
      [topic],
    );
    expect([stored.reduce((sum, one) => sum + one, 0), row]).toEqual([letters, { rows: letters, repeats: 0 }]);
  });

  it('of another cluster begins once its rows are deleted', async () => {
    const topic = await kafka.topic();
    await kafka.createTopic(deadLetterTopic(topic), 1);
    kafka.removeLater(deadLetterTopic(topic));
    await kafka.produce(deadLetterTopic(topic), [letter({ topic, offset: 0 }), letter({ topic, offset: 1 })]);
    const reader = new TopicReader(kafka.connection('test'), logger);
    await stage.db.database.query(
      'INSERT INTO dead_letter_positions (topic, letter_partition, next_offset) VALUES ($1, 0, 1000)',
      [topic],
    );
    expect(await indexLetters(topic, reader, stage.db.database)).toBe(0);
    await stage.db.database.query('DELETE FROM dead_letter_positions WHERE topic = $1', [topic]);
    expect(await indexLetters(topic, reader, stage.db.database)).toBe(2);
  });

  it('goes on behind letters whose headers do not fit the columns', async () => {
    const topic = await kafka.topic();
    await kafka.createTopic(deadLetterTopic(topic), 1);
    kafka.removeLater(deadLetterTopic(topic));
    const replayed = (count: string): Record<string, string> => ({ 'replay-of': 'k', 'replay-count': count });
    await kafka.produce(deadLetterTopic(topic), [
      letter({ topic, offset: 0, headers: replayed('2147483647') }),
      letter({ topic, offset: 1, headers: replayed('2147483648') }),
      letter({ topic, offset: 2, headers: { [DEAD_LETTER_HEADERS.partition]: '2147483648' } }),
      letter({ topic, offset: 3, detail: `${'x'.repeat(1_999)}\u{1F600}` }),
      { ...letter({ topic, offset: 4, failedAt: 'never' }), timestamp: String(-1e15) },
    ]);
    const reader = new TopicReader(kafka.connection('test'), logger);
    expect(await indexLetters(topic, reader, stage.db.database)).toBe(5);
    const rows = await stage.db.database.query<Record<string, unknown>>(
      `SELECT replay_of, replay_count, source_partition, right(detail, 2) AS detail, failed_at FROM dead_letters
       WHERE topic = $1 ORDER BY letter_offset`,
      [topic],
    );
    const plain = { replay_of: null, replay_count: null, source_partition: 0, detail: 'ng' };
    expect(rows.map(({ failed_at: _, ...row }) => row)).toEqual([
      { ...plain, replay_of: 'k', replay_count: 2_147_483_647 },
      plain,
      { ...plain, source_partition: null },
      { ...plain, detail: 'x\uFFFD' },
      plain,
    ]);
    expect(rows.at(-1)?.['failed_at']).toBe('1970-01-01T00:00:00Z');
  });
});
