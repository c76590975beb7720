/** The topics of the published contract, as brokers should have them: three per stream. */
import { type Stream, streamOf, STREAMS } from './streams/streams.ts';

/**
 * Largest record batch of the dead-letter topic of `source`, in bytes: one MiB above the machine topic's limit, for key and
 * headers.
 */
export const maxLetterBytes = (source: string): number => (streamOf(source)?.limits.eventBytes ?? 0) + 1024 * 1024;

/** Largest record batch of an accepted topic, in bytes. The broker's own `message.max.bytes` must allow it too. */
export const MAX_BLOCK_BYTES = 8 * 1024 * 1024;

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Broker settings by their Kafka names. */
  readonly settings: Readonly<Record<string, string>>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const PARTITIONS = 8;

const machineTopic = ({ source, limits }: Stream): TopicSpec => ({
  name: source,
  partitions: PARTITIONS,
  settings: {
    // Ingest judges event times by the record timestamp and recognises a recreated topic by it: it must be the broker's.
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(7 * DAY_MS),
    'max.message.bytes': String(limits.eventBytes),
    'cleanup.policy': 'delete',
  },
});

const acceptedTopic = ({ accepted }: Stream): TopicSpec => ({
  name: accepted,
  partitions: PARTITIONS,
  // Kept longer than machine topics: after a restore the writer reads the missing blocks again from here.
  settings: {
    'retention.ms': String(14 * DAY_MS),
    'max.message.bytes': String(MAX_BLOCK_BYTES),
    'cleanup.policy': 'delete',
  },
});

const deadLetters = ({ source, deadLetters: name }: Stream): TopicSpec => ({
  name,
  partitions: PARTITIONS,
  // Dead letters stay until a person deals with them.
  settings: {
    'retention.ms': '-1',
    'max.message.bytes': String(maxLetterBytes(source)),
    'cleanup.policy': 'delete',
  },
});

export const TOPICS: readonly TopicSpec[] = [
  ...STREAMS.map(machineTopic),
  ...STREAMS.map(acceptedTopic),
  ...STREAMS.map(deadLetters),
];
