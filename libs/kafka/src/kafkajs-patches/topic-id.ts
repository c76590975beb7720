/** Fetches topic ids, for which kafkajs has no request. */
import type { Broker } from 'kafkajs';
import { KafkaRefusedError, KafkaUnavailableError, TopicMissingError } from '../kafka.error.ts';

const METADATA = { apiKey: 3, apiName: 'Metadata', apiVersion: 10 } as const;
const UNKNOWN_TOPIC = 3;
/** Transient errors of a partition or the controller while leaders are elected or metadata spread. */
const PASSING = new Set([5, 7, 13, 14, 15, 41]);

/** The connections behind a kafkajs broker, which encode and decode whatever they are given. */
interface RawBroker {
  readonly connectionPool: {
    send<T>(exchange: {
      request: typeof METADATA & { encode(): Promise<{ buf: Buffer; buffer: Buffer }> };
      response: { decode(payload: Buffer): Promise<Buffer>; parse(payload: Buffer): Promise<T> };
      logResponseError: boolean;
    }): Promise<T>;
  };
}

/**
 * Asks a broker for the UUID of a topic; a topic recreated under the same name has a different one.
 *
 * Topic ids came with version 10 of the Metadata request (Kafka 2.8); kafkajs speaks version 6 at most.
 * Layout: https://kafka.apache.org/protocol#The_Messages_Metadata, version 10.
 *
 * @throws TopicMissingError, KafkaUnavailableError, KafkaRefusedError (also when the broker gives topics no id), or
 * whatever the connection throws
 */
export function fetchTopicId(broker: Broker, topic: string): Promise<string> {
  const payload = encodeRequest(topic);
  return (broker as unknown as RawBroker).connectionPool.send({
    request: { ...METADATA, encode: () => Promise.resolve({ buf: payload, buffer: payload }) },
    response: {
      decode: (response) => Promise.resolve(response),
      parse: (response) => Promise.resolve(topicIdOf(response, topic)),
    },
    logResponseError: false,
  });
}

/** Counts and lengths of the flexible encoding are stored plus one, as unsigned LEB128. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) {
    bytes.push((value & 127) | 128);
  }
  return Buffer.from([...bytes, value]);
}

function encodeRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  const [noTags, noId] = [Buffer.of(0), Buffer.alloc(16)];
  // The header's tags come first: kafkajs writes the header of older versions, which has none.
  return Buffer.concat([
    ...[noTags, varint(2), noId, varint(name.length + 1), name, noTags],
    // The request creates no topic and lists no rights.
    ...[Buffer.of(0, 0, 0), noTags],
  ]);
}

/** @returns the id in the usual form, such as `c5b1e0f4-…` */
function topicIdOf(response: Buffer, topic: string): string {
  const reader = new FlexibleReader(response);
  reader.skipTags();
  reader.at += 4;
  for (let brokers = reader.varint() - 1; brokers > 0; brokers--) {
    reader.at += 4;
    reader.skipText();
    reader.at += 4;
    reader.skipText();
    reader.skipTags();
  }
  reader.skipText();
  reader.at += 4;
  const topics = reader.varint() - 1;
  const error = topics < 1 ? UNKNOWN_TOPIC : reader.int16();
  if (error === UNKNOWN_TOPIC) {
    throw new TopicMissingError(`topic ${topic} does not exist`, { context: { topic } });
  }
  if (error !== 0) {
    const message = `the broker does not return the id of topic ${topic}: Kafka error ${error}`;
    throw PASSING.has(error)
      ? new KafkaUnavailableError(message, { context: { topic } })
      : new KafkaRefusedError(message, { context: { topic } });
  }
  reader.skipText();
  const hex = response.toString('hex', reader.at, reader.at + 16);
  if (hex.length < 32 || /^0*$/.test(hex)) {
    throw new KafkaRefusedError(`the broker gives topic ${topic} no id; Kafka 2.8 or newer with KRaft does`, {
      context: { topic },
    });
  }
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

class FlexibleReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    this.at += 2;
    return this.#bytes.readInt16BE(this.at - 2);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.at++);
      value |= (byte & 127) << shift;
      if (byte < 128) {
        return value;
      }
    }
  }

  /** Skips a compact text, which may be null. */
  skipText(): void {
    const length = Math.max(0, this.varint() - 1);
    this.at += length;
  }

  skipTags(): void {
    for (let tags = this.varint(); tags > 0; tags--) {
      this.varint();
      const length = this.varint();
      this.at += length;
    }
  }
}
