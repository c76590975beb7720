import { Injectable } from '@nestjs/common';
import { StreamDatabases } from '../sql/stream-databases.ts';
import { type Partition, type PipelineAnswer } from './pipeline-answer.ts';
import { ingestStandstills, type PartitionRow, partitions, waiting } from './pipeline.sql.ts';

const DEFINITION =
  'lag_events = high_watermark - next_offset, both as the writer last stored them (it also checks the end of an idle partition). lag_seconds = age of the newest applied record while events wait, an upper bound of the wait. Counters count since the origin of each position; dead_lettered counts refusals by ingest and writer together.';

/** Reports the progress of each partition. */
@Injectable()
export class PipelineQuery {
  constructor(private readonly databases: StreamDatabases) {}

  async answer(): Promise<PipelineAnswer> {
    const { as_of, answers } = await this.databases.answers(async (snapshot, owns) => ({
      partitions: (await partitions(snapshot)).filter(owns).map(partitionOf),
      ingest: (await ingestStandstills(snapshot)).filter(owns),
    }));
    const rows = answers.flatMap((answer) => answer.partitions);
    return {
      as_of,
      definition: DEFINITION,
      partitions: rows,
      ingest: answers.flatMap(({ ingest }) => ingest),
      topics: byTopic(rows),
    };
  }
}

function partitionOf(row: PartitionRow): Partition {
  const { seconds_since_append, origin_offset: _origin, skipped: _skipped, ...shown } = row;
  const lag_events = waiting(row);
  const isAgeUnknown = lag_events === null || seconds_since_append === null;
  // The broker's clock may be ahead of the database's.
  const lag_seconds = lag_events === 0 ? 0 : isAgeUnknown ? null : Math.max(0, seconds_since_append);
  return { ...shown, lag_events, lag_seconds };
}

function byTopic(rows: readonly Partition[]): PipelineAnswer['topics'] {
  return [...Map.groupBy(rows, (row) => row.topic)].map(([topic, members]) => {
    const sum = (value: (row: Partition) => number): number => members.reduce((total, row) => total + value(row), 0);
    const known = <T>(values: (T | null)[]): T[] | null =>
      values.every((value) => value !== null) ? (values as T[]) : null;
    const lags = known(members.map((row) => row.lag_events));
    const ages = known(members.map((row) => row.lag_seconds));
    return {
      topic,
      partitions: members.length,
      running: members.filter((row) => row.state === 'running').length,
      lag_events: lags && lags.reduce((a, b) => a + b, 0),
      lag_seconds: ages && Math.max(...ages),
      applied: sum((row) => row.applied),
      dead_lettered: sum((row) => row.dead_lettered),
      duplicates: sum((row) => row.duplicates),
    };
  });
}
