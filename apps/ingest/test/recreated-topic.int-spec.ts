import { execFileSync } from 'node:child_process';
import { TestKafka, waitFor } from '@chip/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  blocksOf,
  chainOf,
  type IngestStage,
  samples,
  stageTopics,
  type StageTopics,
  startIngest,
} from './ingest-stage.ts';

const kafka = TestKafka.forFile();
let topics: StageTopics;
let stage: IngestStage;

beforeEach(async () => {
  topics = await stageTopics(kafka);
});
afterEach(async () => {
  await stage.stop();
  expect(stage.fatals).toEqual([]);
});

async function recreate(machine: string): Promise<void> {
  await kafka.deleteTopic(machine);
  await waitFor(async () => !(await kafka.admin.listTopics()).includes(machine));
  // A name is free some time after its topic has left the list.
  await waitFor(() => kafka.createTopic(machine, 1, { 'message.timestamp.type': 'LogAppendTime' }).then(() => true));
}

it.each([
  ['shorter than the old one', 4],
  ['longer than the old one', 25],
])('a recreated machine topic, %s, is read from its beginning', async (_name, count) => {
  const { machine, accepted } = topics;
  stage = await startIngest(kafka, topics, kafka.group());
  await kafka.produce(machine, samples(10));
  await waitFor(async () => chainOf(await blocksOf(kafka, accepted))?.to === 10);
  const old = (await blocksOf(kafka, accepted)).length;

  await recreate(machine);
  await waitFor(() => kafka.produce(machine, samples(count)).then(() => true));
  const blocks = await waitFor(
    async () => (await blocksOf(kafka, accepted)).slice(old),
    (found) => chainOf(found)?.to === count,
    { intervalMs: 500 },
  );
  expect(chainOf(blocks)).toEqual({ from: 0, to: count });
});

it('a topic that is recreated while ingest is down is read from its beginning', async () => {
  const { machine, accepted } = topics;
  const group = kafka.group();
  stage = await startIngest(kafka, topics, group);
  await kafka.produce(machine, samples(10));
  await waitFor(async () => chainOf(await blocksOf(kafka, accepted))?.to === 10);
  const old = (await blocksOf(kafka, accepted)).length;
  await stage.stop();

  await recreate(machine);
  await waitFor(() => kafka.produce(machine, samples(15)).then(() => true));
  stage = await startIngest(kafka, topics, group);
  const blocks = await waitFor(
    async () => (await blocksOf(kafka, accepted)).slice(old),
    (found) => chainOf(found)?.to === 15,
    { intervalMs: 500 },
  );
  expect(chainOf(blocks)).toEqual({ from: 0, to: 15 });
});

/** Deletes the topic of its arguments, and publishes to a new one. */
const RECREATE = `
  import kafkajs from 'kafkajs';
  const [brokers, topic, values] = process.argv.slice(1).map((text) => JSON.parse(text));
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  const untilDone = async (what) => { while (!(await what().catch(() => false))); };
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.deleteTopics({ topics: [topic] });
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  const topics = [{ topic, numPartitions: 1, configEntries }];
  // Says no while the name is still taken.
  await untilDone(() => admin.createTopics({ waitForLeaders: false, topics }));
  await untilDone(() => producer.send({ topic, messages: values.map((value) => ({ value })) }));
  await Promise.all([admin.disconnect(), producer.disconnect()]);`;

it('a topic of the same length that is recreated while ingest stands still is read, though nothing more comes', async () => {
  const { machine, accepted } = topics;
  stage = await startIngest(kafka, topics, kafka.group());
  await kafka.produce(machine, samples(10));
  await waitFor(async () => chainOf(await blocksOf(kafka, accepted))?.to === 10);
  const old = (await blocksOf(kafka, accepted)).length;
  const values = samples(10).map(({ value }) => value);
  // Nothing of this process runs meanwhile, so its group does not notice the time without a topic.
  const given = [kafka.brokers, machine, values].map((one) => JSON.stringify(one));
  execFileSync(process.execPath, ['--input-type=module', '--eval', RECREATE, '--', ...given], {
    stdio: 'pipe',
    timeout: 60_000,
  });
  const blocks = await waitFor(
    async () => (await blocksOf(kafka, accepted)).slice(old),
    (found) => chainOf(found)?.to === 10,
  );
  expect(chainOf(blocks)).toEqual({ from: 0, to: 10 });
});
