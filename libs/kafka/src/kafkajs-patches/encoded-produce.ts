/** Lets kafkajs send record batches that are encoded already. */
// @ts-expect-error kafkajs has no types for what is inside it
import encoder from 'kafkajs/src/protocol/encoder.js';
// @ts-expect-error kafkajs has no types for what is inside it
import produceRequests from 'kafkajs/src/protocol/requests/produce/index.js';
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

/** As much of kafkajs's encoder as it asks for. */
interface Encoded {
  buf: Buffer;
  readonly buffer: Buffer;
}

interface Encoder extends Encoded {
  offset: number;
  writeEncoder(encoded: Encoded): Encoder;
}

/** Free bytes before a request, for what kafkajs puts there: its length, kind and number, and the name of the client. */
const ROOM_BYTES = 512;
/** Of requests with free bytes before them: how many. */
const rooms = new WeakMap<object, number>();

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
function encode({ acks, timeout, topicData }: ProduceRequest, { head, records }: EncodedBatch): Encoded {
  const [{ topic, partitions }] = topicData as [ProduceRequest['topicData'][number]];
  const [{ partition, messages }] = partitions as [(typeof partitions)[number]];
  if (topicData.length > 1 || partitions.length > 1 || messages.length > 1) {
    throw new Error('an encoded batch must travel alone');
  }
  const nameBytes = Buffer.byteLength(topic);
  const buffer = Buffer.allocUnsafeSlow(ROOM_BYTES + 26 + nameBytes + head.length + records.length).subarray(
    ROOM_BYTES,
  );
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
  const encoded = { buf: buffer, buffer };
  rooms.set(encoded, ROOM_BYTES);
  return encoded;
}

const { prototype } = encoder as { prototype: Encoder };
const { writeEncoder } = prototype;
/** Puts what comes before a request into its free bytes, where kafkajs copies the request behind it, twice. */
prototype.writeEncoder = function (this: Encoder, encoded) {
  const room = rooms.get(encoded) ?? 0;
  const { offset } = this;
  if (offset > room) {
    return writeEncoder.call(this, encoded);
  }
  const { buffer, byteOffset, length } = encoded.buffer;
  const whole = Buffer.from(buffer, byteOffset - offset, offset + length);
  this.buf.copy(whole, 0, 0, offset);
  this.buf = whole;
  this.offset = whole.length;
  rooms.set(this, room - offset);
  return this;
};

const produce = produceRequests as {
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
