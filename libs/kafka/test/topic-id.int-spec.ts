import { TestKafka, waitFor } from '@chip/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { KafkaAdmin } from '../src/index.ts';
import { memoryLogger } from './batch-server-harness.ts';

const kafka = TestKafka.forFile();
const admin = new KafkaAdmin(kafka.connection('test-topic-id'), memoryLogger().logger);
afterAll(() => admin.disconnect());

describe('topicId', () => {
  it('stays the same for a topic, and is another for a topic of the same name that is created later', async () => {
    const topic = await kafka.topic(3);
    const first = await admin.topicId(topic);
    expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await admin.topicId(topic)).toBe(first);
    expect(await admin.topicId(await kafka.topic())).not.toBe(first);

    await kafka.deleteTopic(topic);
    await waitFor(
      () =>
        admin.topicId(topic).then(
          () => 'there',
          (error: { code: string }) => error.code,
        ),
      (found) => found === 'kafka_topic_missing',
    );
    await kafka.createTopic(topic, 3);
    expect(await admin.topicId(topic)).not.toBe(first);
  });

  it('tells a missing topic by name and creates none', async () => {
    await expect(admin.topicId('test.not-there')).rejects.toMatchObject({ code: 'kafka_topic_missing' });
    expect(await kafka.admin.listTopics()).not.toContain('test.not-there');
  });

  it('reads a name of many bytes', async () => {
    const topic = `test.${'x'.repeat(200)}`;
    kafka.removeLater(topic);
    await kafka.createTopic(topic);
    expect(await admin.topicId(topic)).toHaveLength(36);
  });
});
