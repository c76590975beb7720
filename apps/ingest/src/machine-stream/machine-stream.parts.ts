import type { IngestStoppedState, Refusal, Stream } from '@chip/contracts';
import type { KafkaAdmin, KafkaProducer, KafkaRecord, TopicReader } from '@chip/kafka';
import type { KafkaBatchServer } from '@chip/kafka/nest';
import type { Logger, Tracing } from '@chip/service';
import type { BlockCutter } from './block-cutter.ts';
import type { IngestMetrics } from '../ingest.metrics.ts';
import type { MachineTopics } from '../machine-topics.ts';
import type { RefusalBrake } from './refusal-brake.ts';
import type { RetentionSetting } from '../retention-setting.ts';
import type { Standstills } from '../standstills.ts';

/** The same object for each record: a reader that keeps it sees it change. */
interface JudgedRecord {
  /** The record's own timestamp plus the clock shift that a person has decided. */
  readonly timestamp: number;
  readonly retentionMs: number;
}
export type Refuse = (refusal: Refusal, bytes: Buffer | null, place?: number) => void;
/** Reads one record into the block under construction. */
export type Reader = (
  record: KafkaRecord,
  judgedAt: JudgedRecord,
  cutter: BlockCutter,
  refuse: Refuse,
) => { elements: number; unknown: number };

export interface MachineStreamParts {
  readonly stream: Stream;
  readonly reader: Reader;
  readonly server: Pick<KafkaBatchServer, 'resume' | 'seek'>;
  readonly producer: KafkaProducer;
  readonly admin: KafkaAdmin;
  readonly topicReader: TopicReader;
  readonly topics: MachineTopics;
  readonly standstills: Standstills;
  readonly retention: RetentionSetting;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  /** Null while tracing is off. */
  readonly tracing: Tracing | null;
}

/** What ingest remembers of a partition during one assignment. */
export interface Memory {
  readonly assignment: number;
  readonly brake: RefusalBrake;
  topicId: string | undefined;
  /** When the end of the partition was last reached, by our clock; null if the last batch did not reach it. */
  endSeenAt: number | null;
  lastAppendMs: number | null;
  /** Refusals below this offset are the machines' fault. */
  releasedTo: number;
  /** The last look at the stop that lasts. */
  look: { high: number; at: number } | undefined;
}

export interface Progress {
  /** Everything before this offset of the batch is acknowledged. */
  sentTo: number;
  /** Dead letters that were sent: they have buffers of the records. */
  letters: number;
  /** When the batch arrived, by our clock. */
  readonly beganAt: number;
}

/** The partition stops; the rest of the batch is not handled. */
export class MustStandError extends Error {
  constructor(
    readonly state: IngestStoppedState,
    message: string,
    readonly atOffset: number,
    readonly toOffset: number | null = null,
  ) {
    super(message);
  }
}
