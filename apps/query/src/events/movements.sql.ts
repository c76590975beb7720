import { type Queryable } from '@chip/persistence';

/** A partition of a machine topic as the writer or ingest holds it. */
export interface Movement {
  readonly source: 'writer' | 'ingest';
  readonly topic: string;
  readonly partition: number;
  /** First offset that is not applied yet; null from ingest, which keeps no position here. */
  readonly next_offset: number | null;
  readonly state: string;
}

export function readMovements(snapshot: Queryable): Promise<Movement[]> {
  return snapshot.query<Movement>(
    `SELECT 'writer' AS source, source_topic AS topic, source_partition AS partition, next_offset, state FROM stream_positions
      UNION ALL
     SELECT 'ingest', source_topic, source_partition, NULL, state FROM ingest_partitions
      ORDER BY 1, 2, 3`,
  );
}

export const nameOf = ({ source, topic, partition }: Movement): string => `${source} ${topic} ${partition}`;
export const stateOf = ({ next_offset, state }: Movement): string => `${next_offset} ${state}`;
