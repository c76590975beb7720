/** Lets kafkajs send record batches that are encoded already. */
import { createRequire } from 'node:module';
import type { EncodedBatch } from '../records/encode-batch.ts';

/** What stands for a batch in kafkajs's own bookkeeping. */
interface StandIn {
  readonly partition: number;
  readonly key: null;
  readonly value: null;
}

interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly object[] }[];
  }[];
}

interface Protocol {
  readonly request: { readonly encode: () => Promise<object> };
  readonly response: object;
}

const batches = new WeakMap<object, EncodedBatch>();

/**
 * The message to give kafkajs instead of the records of `batch`.
 *
 * kafkajs encodes each record into a zeroed buffer of the next power of two, and copies that seven times on the way to the
 * socket: 4 MiB of buffers for a block of 600 KiB. V8 marks all live objects once more for each 64 MiB of buffers.
 */
export function standInFor(batch: EncodedBatch, partition: number): StandIn {
  const message = { partition, key: null, value: null };
  batches.set(message, batch);
  return message;
}

const batchOf = ({ topicData }: ProduceRequest): EncodedBatch | undefined => {
  const message = topicData[0]?.partitions[0]?.messages[0];
  return message && batches.get(message);
};

/** Versions 3 to 7, all with the same layout: https://kafka.apache.org/protocol#The_Messages_Produce */
function encode({ acks, timeout, topicData }: ProduceRequest, { head, records }: EncodedBatch): object {
  const [{ topic, partitions }] = topicData as [ProduceRequest['topicData'][number]];
  const [{ partition, messages }] = partitions as [(typeof partitions)[number]];
  if (topicData.length > 1 || partitions.length > 1 || messages.length > 1) {
    throw new Error('an encoded batch must travel alone');
  }
  const nameBytes = Buffer.byteLength(topic);
  const buffer = Buffer.allocUnsafe(26 + nameBytes + head.length + records.length);
  // No transaction.
  let at = buffer.writeInt16BE(-1, 0);
  at = buffer.writeInt16BE(acks, at);
  at = buffer.writeInt32BE(timeout, at);
  at = buffer.writeInt32BE(1, at);
  at = buffer.writeInt16BE(nameBytes, at);
  at += buffer.write(topic, at);
  at = buffer.writeInt32BE(1, at);
  at = buffer.writeInt32BE(partition, at);
  at = buffer.writeInt32BE(head.length + records.length, at);
  at += head.copy(buffer, at);
  records.copy(buffer, at);
  // As much of kafkajs's encoder as it asks for.
  return { buf: buffer, buffer };
}

const produce = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce') as {
  protocol(of: { version: number }): (request: ProduceRequest) => Protocol;
};
const { protocol } = produce;
produce.protocol = ({ version }) => {
  const byKafkajs = protocol({ version });
  return (given) => {
    const made = byKafkajs(given);
    const batch = batchOf(given);
    if (batch === undefined) {
      return made;
    }
    if (version < 3) {
      throw new Error(`the broker speaks version ${version} of Produce; 3 or newer is needed`);
    }
    return { ...made, request: { ...made.request, encode: async () => encode(given, batch) } };
  };
};
