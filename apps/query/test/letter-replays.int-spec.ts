/** Dead letters tried, replayed and looked at through the API, with a real broker behind it. */
import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_HEADERS, deadLetterKey, deadLetterTopic, TELEMETRY } from '@chip/contracts';
import { readTopic, type TopicRecord } from '@chip/kafka';
import { verifyAudit } from '@chip/persistence';
import { createTestDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LetterGroups } from '../src/dead-letters/dead-letters-answer.ts';
import { type OneLetter, oneLetter } from '../src/dead-letters/one-letter-answer.ts';
import {
  type DryRunAnswer,
  dryRunAnswer,
  type ReplayAnswer,
  replayAnswer,
} from '../src/dead-letters/replays/replay-answer.ts';
import { takeReplay } from '../src/dead-letters/replays/replays.sql.ts';
import { type QueryConfig } from '../src/query.config.ts';
import { type Answer, openStage, QueryApp, type Stage } from './query-app.ts';

const kafka = TestKafka.forFile();
const { logger } = createLogger({ name: 'test', level: 'silent' });
const TOPIC_PREFIX = `test.${randomUUID()}.`;
const TOPIC = TELEMETRY.source;
const SOURCE = TOPIC_PREFIX + TOPIC;
const LETTERS = TOPIC_PREFIX + deadLetterTopic(TOPIC);
let stage: Stage;
let app: QueryApp;

/** The variables of a service that reads the topics of this test. */
function kafkaSettings(instance: string): Partial<QueryConfig> {
  const { brokers, ssl, sasl } = kafka.connection('test');
  return {
    INSTANCE: instance,
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX,
    LETTER_REPLAY: true,
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

const sample = (fields: object): string =>
  JSON.stringify({ time: new Date().toISOString(), metric_name: 'm', metric_value: 1.5, host: 'h', ...fields });
interface Refused {
  offset: number;
  value?: Buffer | string;
  code?: string;
  detail?: string;
  headers?: Record<string, string>;
}
const letter = ({ offset, value, code = 'schema_violation', detail, headers }: Refused) => ({
  key: deadLetterKey(TOPIC, 0, offset),
  value: value ?? sample({}),
  headers: {
    [DEAD_LETTER_HEADERS.code]: code,
    [DEAD_LETTER_HEADERS.detail]: detail ?? '/service_name: got nothing, expected a value of type string',
    [DEAD_LETTER_HEADERS.partition]: '0',
    [DEAD_LETTER_HEADERS.offset]: String(offset),
    [DEAD_LETTER_HEADERS.failedAt]: new Date().toISOString(),
    [DEAD_LETTER_HEADERS.stage]: 'ingest',
    [DEAD_LETTER_HEADERS.key]: 'h',
    ...headers,
  },
});
const postText = <T>(path: string, body: string, to = app): Promise<Answer<T>> =>
  to.get<T>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
const post = <T>(path: string, body: object, to = app): Promise<Answer<T>> => postText(path, JSON.stringify(body), to);
const published = async (): Promise<TopicRecord[]> => {
  const records: TopicRecord[] = [];
  for await (const record of readTopic(kafka.connection('test'), logger, SOURCE)) {
    records.push(record);
  }
  return records;
};
const known = (letters: number): Promise<unknown> =>
  waitFor(
    () => app.get<LetterGroups>('/v1/dead-letters/groups'),
    ({ body }) => body.letters === letters,
  );
/** Ingest and the writer are past everything that is published now. */
const passAll = async (): Promise<void> => {
  const ends = new Map<number, number>();
  for (const { partition, offset } of await published()) {
    ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1));
  }
  for (const [partition, end] of ends) {
    await stage.db.database.query(
      `INSERT INTO stream_positions (source_topic, source_partition, next_offset, accepted_offset, origin_offset)
       VALUES ($1, $2, $3, 0, 0)
       ON CONFLICT (source_topic, source_partition) DO UPDATE SET next_offset = excluded.next_offset`,
      [TOPIC, partition, end],
    );
  }
};
const stateOf = async (id: string, from = app): Promise<ReplayAnswer> =>
  replayAnswer.parse((await from.get(`/v1/dead-letters/replays/${id}`)).body);
const ended = (id: string, from = app): Promise<ReplayAnswer> =>
  waitFor(
    () => stateOf(id, from),
    ({ finished_at }) => finished_at !== null,
  );
const NAMELESS = { topic: TOPIC, code: 'schema_violation', field: '/service_name' };
const PATCH = { service_name: 'etcher' };
/** Numbers that a double would change. */
const DIGITS = '"metric_value":1.10,"vendor":12345678901234567890';
const withDigits = (body: { patch: typeof PATCH; reason?: string }): string =>
  JSON.stringify(body).replace('{"service_name"', `{${DIGITS},"service_name"`);

beforeAll(async () => {
  stage = await openStage();
  for (const topic of [SOURCE, LETTERS]) {
    await kafka.createTopic(topic, 2);
    kafka.removeLater(topic);
  }
  app = await QueryApp.start(stage.db.url, kafkaSettings('first'));
  await kafka.produce(LETTERS, [
    ...Array.from({ length: 1_200 }, (_, offset) => letter({ offset })),
    letter({ offset: 2_000, value: sample({ metric_value: 1 }).replace(':1,', ':1.10,') }),
    letter({
      offset: 2_001,
      value: '{"metric_name":"m",}',
      code: 'malformed_json',
      detail: 'got text that is not JSON',
    }),
    letter({ offset: 2_002, value: Buffer.from([0xff, 0x00]), code: 'invalid_text', detail: 'got bytes' }),
    letter({ offset: 2_003, headers: { [DEAD_LETTER_HEADERS.truncated]: 'value' } }),
    letter({ offset: 2_004, code: 'too_old', detail: '/time: got a time', value: sample({ time: 'never' }) }),
  ]);
  await known(1_205);
});
afterAll(async () => {
  await app?.stop();
  await stage?.end();
});

describe('GET /v1/dead-letters/{topic}/{partition}/{offset}', () => {
  const at = async (code: string, pick = (_key: string) => true): Promise<OneLetter> => {
    const { body } = await app.get<{ items: { key: string; partition: number; offset: number }[] }>(
      `/v1/dead-letters?code=${code}&limit=500`,
    );
    const { partition, offset } = body.items.find(({ key }) => pick(key))!;
    return oneLetter.parse((await app.get(`/v1/dead-letters/${TOPIC}/${partition}/${offset}`)).body);
  };

  it('shows the event with the refused place, beside the schema', async () => {
    const { letter: item, event, place, schema, headers } = await at('too_old');
    expect(item).toMatchObject({ key: `${TOPIC}/0/2004`, code: 'too_old', replayed: null });
    expect(event.text!.slice(place!.start, place!.end)).toBe('"never"');
    expect(place).toMatchObject({ pointer: '/time', is_missing: false, schema_pointer: '/properties/time' });
    expect(schema).toMatchObject({ properties: { time: expect.anything() } });
    expect(headers).toEqual([{ name: 'source-key', value: 'h' }]);
  });

  it('marks what should have a missing field, and keeps the digits', async () => {
    const { event, place } = await at('schema_violation', (key) => key.endsWith('/2000'));
    expect(event.text).toContain('"metric_value": 1.10');
    expect(place).toMatchObject({ pointer: '/service_name', is_missing: true, start: 0, end: event.text!.length });
  });

  it('shows text that is not JSON, and bytes', async () => {
    const { event, place } = await at('malformed_json');
    expect([event.text, place]).toEqual([
      '{"metric_name":"m",}',
      { pointer: null, start: 19, end: 20, is_missing: false, schema_pointer: null },
    ]);
    expect((await at('invalid_text')).event).toMatchObject({ text: 'ff 00', encoding: 'hex' });
  });

  it('says what is not there', async () => {
    expect((await app.get(`/v1/dead-letters/${TOPIC}/0/99999`)).status).toBe(404);
    expect((await app.get(`/v1/dead-letters/nothing/0/0`)).status).toBe(404);
    expect((await app.get(`/v1/dead-letters/${TOPIC}/0/x`)).status).toBe(400);
    const { partition, offset } = (await at('too_old')).letter;
    expect(await stage.app.get(`/v1/dead-letters/${TOPIC}/${partition}/${offset}`)).toMatchObject({
      status: 503,
      body: { code: 'kafka_unavailable', detail: expect.stringContaining('KAFKA_BROKERS') },
    });
  });
});

describe('POST /v1/dead-letters/dry-run', () => {
  it('judges patched letters, shows some, and sends and marks nothing', async () => {
    const { status, body } = await post<DryRunAnswer>('/v1/dead-letters/dry-run', { ...NAMELESS, patch: PATCH });
    expect(status).toBe(200);
    expect(dryRunAnswer.parse(body)).toMatchObject({
      letters: 1_202,
      tried: 1_202,
      is_whole: true,
      accepted: 1_201,
      refused: 0,
      refusals: [],
      skipped: [{ why: 'truncated', letters: 1 }],
    });
    const [first] = body.samples;
    expect(body.samples).toHaveLength(5);
    expect(first!.before).not.toContain('service_name');
    expect(first).toMatchObject({ after: expect.stringContaining('\n  "service_name": "etcher"\n'), refusal: null });
    expect(await published()).toEqual([]);
    const marks = await stage.db.database.query(`SELECT FROM audit_log WHERE subject LIKE 'dead-letter%'`);
    expect(marks).toEqual([]);
  });

  it('says why a patch does not help', async () => {
    const { body } = await post<DryRunAnswer>('/v1/dead-letters/dry-run', { ...NAMELESS, patch: { service_name: 7 } });
    expect(body).toMatchObject({
      accepted: 0,
      refused: 1_201,
      refusals: [{ code: 'schema_violation', letters: 1_201 }],
    });
    expect(body.samples[0]!.refusal).toMatchObject({
      detail: expect.stringMatching(/^\/service_name: got the number 7/),
    });
    const malformed = { topic: TOPIC, code: 'malformed_json', patch: PATCH };
    expect((await post<DryRunAnswer>('/v1/dead-letters/dry-run', malformed)).body).toMatchObject({
      accepted: 0,
      skipped: [{ why: 'not_patchable', letters: 1 }],
      samples: [],
    });
  });

  it('keeps the digits of a number in a patch', async () => {
    const { body } = await postText<DryRunAnswer>(
      '/v1/dead-letters/dry-run',
      withDigits({ ...NAMELESS, patch: PATCH }),
    );
    expect(body.samples[0]!.after).toContain('"metric_value": 1.10,');
    expect(body.samples[0]!.after).toContain('"vendor": 12345678901234567890');
  });

  it.each([
    ['1e400', '1e400'],
    ['1e-5000', '1e-5000'],
    ['of 2,000 digits', `0.${'1'.repeat(2_000)}`],
  ])('refuses a number in a patch that no column can hold: %s', async (_, number) => {
    const text = JSON.stringify({ ...NAMELESS, patch: { a: [7] } }).replace('7', number);
    expect(await postText('/v1/dead-letters/dry-run', text)).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: '/patch', message: 'expected numbers that a double can hold' }] },
    });
  });

  it.each<[object, string]>([
    [{}, '/topic'],
    [{ topic: 'nothing' }, '/topic'],
    [{ ...NAMELESS, patch: [] }, '/patch'],
    [{ ...NAMELESS, patch: { a: 'x'.repeat(70_000) } }, '/patch'],
    [{ ...NAMELESS, reason: 'no' }, '/reason'],
    [{ topic: TOPIC, from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, '/to'],
  ])('refuses %j', async (body, parameter) => {
    expect(await post('/v1/dead-letters/dry-run', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_body', errors: [{ parameter }] },
    });
  });
});

describe('POST /v1/dead-letters/replays', () => {
  it('is off without LETTER_REPLAY, and asks for a reason and for letters', async () => {
    const off = await post('/v1/dead-letters/replays', { ...NAMELESS, reason: 'r' }, stage.app);
    expect(off).toMatchObject({ status: 403, body: { detail: expect.stringContaining('LETTER_REPLAY') } });
    expect((await post('/v1/dead-letters/replays', NAMELESS)).body).toMatchObject({
      errors: [{ parameter: '/reason' }],
    });
    const none = await post('/v1/dead-letters/replays', { topic: TOPIC, code: 'none', reason: 'r' });
    expect(none).toMatchObject({ status: 400, body: { detail: expect.stringContaining('no letter') } });
  });

  it('sends each letter once, counts what becomes of the events, and is in the audit trail', async () => {
    const started = await postText<ReplayAnswer>(
      '/v1/dead-letters/replays',
      withDigits({ ...NAMELESS, patch: PATCH, reason: 'fixed' }),
    );
    const { id } = started.body;
    expect([started.status, started.headers.get('location')]).toEqual([202, `/v1/dead-letters/replays/${id}`]);
    expect(started.body).toMatchObject({ letters: 1_202, filter: NAMELESS, patch: PATCH, created_by: 'anonymous' });
    // The same again at once: the letters are shared, and none is sent twice.
    const second = await post<ReplayAnswer>('/v1/dead-letters/replays', { ...NAMELESS, patch: PATCH, reason: 'again' });
    await waitFor(
      () => stateOf(id),
      ({ state }) => state === 'judging',
    );
    const records = await published();
    expect(records).toHaveLength(1_201);
    expect(new Set(records.map(({ headers }) => headers['replay-of']?.toString())).size).toBe(1_201);
    expect(
      records.every(
        ({ value }) => (JSON.parse(value!.toString()) as { service_name: string }).service_name === 'etcher',
      ),
    ).toBe(true);
    // The numbers of the patch, as they were written.
    expect(records[0]!.value!.toString()).toMatch(/"metric_value":1\.10,.*"vendor":12345678901234567890/);
    // One is refused again.
    const again = { 'replay-of': `${TOPIC}/0/5`, 'replay-count': '1' };
    await kafka.produce(LETTERS, [letter({ offset: 5_000, headers: again })]);
    await passAll();
    expect(await ended(id)).toMatchObject({
      state: 'done',
      letters: 1_202,
      read: 1_202,
      sent: 1_201,
      accepted: 1_200,
      refused: 1,
      skipped: [{ why: 'truncated', letters: 1 }],
      problem: null,
    });
    if (second.status === 202) {
      expect(await ended(second.body.id)).toMatchObject({ state: 'done', sent: 0 });
    }
    const entries = await stage.db.database.query<{ action: string; entries: number }>(
      `SELECT action, count(*) AS entries FROM audit_log WHERE stream = 'api' AND (subject = $1 OR new_value ->> 'replay' = $2)
       GROUP BY action ORDER BY action`,
      [`dead-letter-replay:${id}`, id],
    );
    expect(entries).toEqual([
      { action: 'dead_letter.replay', entries: 1 },
      { action: 'dead_letter.replay_acknowledged', entries: 1_201 },
      { action: 'dead_letter.replay_started', entries: 1_201 },
    ]);
    expect(await verifyAudit(stage.db.database, { stream: 'api' })).toMatchObject([{ broken: null }]);
    const { body } = await app.get<LetterGroups>('/v1/dead-letters/groups?field=%2Fservice_name');
    expect(body.groups).toMatchObject([{ letters: 1_203, replayed: 1_201, failed_again: 1 }]);
  });

  it('is not taken by the instance that works on it, also when that could not keep it', async () => {
    const db = await createTestDatabase();
    try {
      await db.database.query(
        `INSERT INTO dead_letter_replays (topic, filter, again, reason, created_by, bounds, letters)
         VALUES ($1, '{}', false, 'r', 'test', '{}', 1)`,
        [TOPIC],
      );
      // For a time that is over at once.
      const { id } = (await takeReplay(db.database, 'one', -1, []))!;
      expect(await takeReplay(db.database, 'one', 30, [id])).toBeUndefined();
      expect(await takeReplay(db.database, 'another', 30, [])).toMatchObject({ id });
    } finally {
      await db.drop();
    }
  });

  it('goes on in another instance when the first one ends in the middle', async () => {
    const cause = { topic: TOPIC, code: 'value_out_of_range' };
    await kafka.produce(
      LETTERS,
      Array.from({ length: 5_000 }, (_, index) =>
        letter({ offset: 10_000 + index, code: cause.code, detail: '/metric_value: got' }),
      ),
    );
    await known(6_206);
    const before = (await published()).length;
    const { id } = (await post<ReplayAnswer>('/v1/dead-letters/replays', { ...cause, reason: 'fixed' })).body;
    await waitFor(
      () => stateOf(id),
      ({ sent }) => sent > 0,
      { intervalMs: 5 },
    );
    await app.stop();
    const half = await stage.app.get<ReplayAnswer>(`/v1/dead-letters/replays/${id}`);
    expect(half.body.state).toBe('sending');
    expect(half.body.sent).toBeLessThan(5_000);
    const others = await Promise.all(
      ['second', 'third'].map((name) => QueryApp.start(stage.db.url, kafkaSettings(name))),
    );
    app = others[0]!;
    await waitFor(
      () => stateOf(id),
      ({ state }) => state === 'judging',
    );
    const records = (await published()).slice(0);
    expect(records).toHaveLength(before + 5_000);
    await passAll();
    expect(await ended(id)).toMatchObject({ state: 'done', read: 5_000, sent: 5_000, accepted: 5_000, skipped: [] });
    await others[1]!.stop();
  });
});
