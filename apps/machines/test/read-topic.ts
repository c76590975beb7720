import type { TestKafka } from '@chip/testing';
import { waitFor } from '@chip/testing';

export interface StoredRecord {
  readonly partition: number;
  readonly key: string | undefined;
  readonly value: string;
}

/** Everything that a topic holds now, read by a plain client. */
export async function readTopic(kafka: TestKafka, topic: string): Promise<StoredRecord[]> {
  const offsets = await kafka.admin.fetchTopicOffsets(topic);
  const expected = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  const records: StoredRecord[] = [];
  const consumer = kafka.client.consumer({ groupId: kafka.group(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages) {
          records.push({ partition: batch.partition, key: key?.toString(), value: value?.toString() ?? '' });
        }
      },
    });
    await waitFor(
      () => records.length,
      (count) => count >= expected,
    );
  } finally {
    await consumer.disconnect();
  }
  return records;
}
