/** The topics of the published contract. Everything that creates, checks, reads or writes a topic starts from this list. */

export const TELEMETRY_SAMPLES = 'telemetry.samples.v1';
export const INSPECTION_RESULTS = 'inspection.results.v1';
export const TELEMETRY_ACCEPTED = 'telemetry.accepted.v1';
export const INSPECTION_ACCEPTED = 'inspection.accepted.v1';

export type MachineTopic = typeof TELEMETRY_SAMPLES | typeof INSPECTION_RESULTS;
export type AcceptedTopic = typeof TELEMETRY_ACCEPTED | typeof INSPECTION_ACCEPTED;

/** Accepted topic of each machine topic: source partition p goes to accepted partition p. */
export const ACCEPTED_TOPIC: Readonly<Record<MachineTopic, AcceptedTopic>> = {
  [TELEMETRY_SAMPLES]: TELEMETRY_ACCEPTED,
  [INSPECTION_RESULTS]: INSPECTION_ACCEPTED,
};

/** Where the refused events of a machine topic go, whichever service refuses them. */
export const deadLetterTopic = (source: string): string => `${source}.dlq`;

/** Largest uncompressed record value of a machine topic, in bytes; a larger one is refused as `too_large`. */
export const MAX_EVENT_BYTES: Readonly<Record<MachineTopic, number>> = {
  [TELEMETRY_SAMPLES]: 1024 * 1024,
  [INSPECTION_RESULTS]: 4 * 1024 * 1024,
};

/**
 * Largest record batch of the dead-letter topic of `source`, in bytes: one MiB more than the machine's own limit leaves
 * room for key and headers.
 */
export const maxLetterBytes = (source: string): number => (MAX_EVENT_BYTES[source as MachineTopic] ?? 0) + 1024 * 1024;

/** Largest record batch of an accepted topic, in bytes. The broker's own `message.max.bytes` must allow it too. */
export const MAX_BLOCK_BYTES = 8 * 1024 * 1024;

export const INGEST_GROUP: Readonly<Record<MachineTopic, string>> = {
  [TELEMETRY_SAMPLES]: 'chip-ingest-telemetry',
  [INSPECTION_RESULTS]: 'chip-ingest-inspection',
};
export const WRITER_GROUP: Readonly<Record<AcceptedTopic, string>> = {
  [TELEMETRY_ACCEPTED]: 'chip-writer-telemetry',
  [INSPECTION_ACCEPTED]: 'chip-writer-inspection',
};

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Broker settings by their Kafka names. */
  readonly settings: Readonly<Record<string, string>>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const PARTITIONS = 8;

const machineTopic = (name: MachineTopic): TopicSpec => ({
  name,
  partitions: PARTITIONS,
  settings: {
    // The record timestamp judges time windows and detects a recreated topic: it must be the broker's, not the machine's.
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(7 * DAY_MS),
    'max.message.bytes': String(MAX_EVENT_BYTES[name]),
    'cleanup.policy': 'delete',
  },
});

const acceptedTopic = (name: AcceptedTopic): TopicSpec => ({
  name,
  partitions: PARTITIONS,
  // Kept longer than the machine topics: a restored database reads its missing blocks again from here.
  settings: {
    'retention.ms': String(14 * DAY_MS),
    'max.message.bytes': String(MAX_BLOCK_BYTES),
    'cleanup.policy': 'delete',
  },
});

const deadLetters = (source: MachineTopic): TopicSpec => ({
  name: deadLetterTopic(source),
  partitions: PARTITIONS,
  // A dead letter stays until a person has dealt with it.
  settings: {
    'retention.ms': '-1',
    'max.message.bytes': String(maxLetterBytes(source)),
    'cleanup.policy': 'delete',
  },
});

export const TOPICS: readonly TopicSpec[] = [
  machineTopic(TELEMETRY_SAMPLES),
  machineTopic(INSPECTION_RESULTS),
  acceptedTopic(TELEMETRY_ACCEPTED),
  acceptedTopic(INSPECTION_ACCEPTED),
  deadLetters(TELEMETRY_SAMPLES),
  deadLetters(INSPECTION_RESULTS),
];
