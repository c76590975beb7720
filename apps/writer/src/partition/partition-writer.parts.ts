import type { Block } from '@chip/contracts';
import type { LoadSessionOptions, Queryable } from '@chip/persistence';
import type { Logger, Tracing } from '@chip/service';
import type { DeadLetters } from '../dead-letters.ts';
import type { Loader } from '../loaders/loader.ts';
import type { WriterMetrics } from '../writer.metrics.ts';

/** What the writer of one partition works with. */
export interface PartitionWriterParts {
  readonly topic: string;
  readonly sourceTopic: string;
  readonly partition: number;
  readonly session: Omit<LoadSessionOptions, 'applicationName'>;
  /** Name of this process, stored with the position. */
  readonly owner: string;
  /** Shared connections, for what must not wait for a flush: states of stopped partitions. */
  readonly database: Queryable;
  /** The current id of the accepted topic; null when the broker does not report it. */
  readonly acceptedTopicId: () => Promise<string | null>;
  readonly loaderOf: (blocks: readonly Block[]) => Loader;
  readonly deadLetters: DeadLetters;
  readonly flushRows: number;
  readonly metrics: WriterMetrics;
  readonly logger: Logger;
  /** Null while tracing is off. */
  readonly tracing: Tracing | null;
}
