import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionSchema, timeText } from '../http/answers.ts';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { ingestStandstills, type PartitionRow, partitions } from './pipeline.sql.ts';

export const noParameters = z.strictObject({});

const pipelineAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    partitions: z.array(
      z.strictObject({
        topic: z.string().meta({ examples: ['telemetry.samples.v1'] }),
        partition: count,
        state: z.string().meta({ description: 'running, or why the partition stands still.', examples: ['running'] }),
        state_reason: z.string().nullable(),
        state_since: timeText,
        next_offset: count.meta({ description: 'First offset that is not applied yet.' }),
        high_watermark: count.nullable().meta({ description: 'End of the partition as last seen by the writer.' }),
        lag_events: count.nullable().meta({ description: 'Offsets waiting; null before the writer has seen the end.' }),
        lag_seconds: z
          .number()
          .min(0)
          .nullable()
          .meta({ description: 'Age of the newest applied record while others wait; 0 when none does.' }),
        append_time: timeText.nullable().meta({ description: 'Broker time of the newest applied record.' }),
        updated_at: timeText.meta({ description: 'When the position last moved.' }),
        owner: z.string().nullable().meta({ description: 'Writer that holds the partition.' }),
        records: count,
        elements: count.meta({ description: 'Events in the records; one record may hold an array.' }),
        applied: count,
        dead_lettered: count,
        duplicates: count,
        gaps: count,
        rows_written: count.meta({ description: 'Table rows, all tables together.' }),
      }),
    ),
    ingest: z
      .array(
        z.strictObject({
          topic: z.string().meta({ examples: ['telemetry.samples.v1'] }),
          partition: count,
          state: z.string().meta({ description: 'Why ingest stands still.', examples: ['undecodable_batch'] }),
          state_reason: z.string().nullable(),
          state_since: timeText,
          at_offset: count.meta({ description: 'Offset of the machine topic that ingest cannot pass.' }),
          to_offset: count.nullable().meta({ description: 'End of what stops it, exclusive, where it is known.' }),
          owner: z.string().meta({ description: 'Ingest that holds the partition.' }),
        }),
      )
      .meta({ description: 'Partitions at which ingest stands still; empty when it runs in all of them.' }),
    topics: z.array(
      z.strictObject({
        topic: z.string(),
        partitions: count,
        running: count.meta({ description: 'Partitions in state running.' }),
        lag_events: count.nullable(),
        lag_seconds: z.number().min(0).nullable(),
        applied: count,
        dead_lettered: count,
        duplicates: count,
      }),
    ),
  })
  .meta({ id: 'Pipeline' });
type PipelineAnswer = z.output<typeof pipelineAnswer>;
type Partition = PipelineAnswer['partitions'][number];

const DEFINITION =
  'lag_events = high_watermark - next_offset, both as the writer last stored them (it looks at the end of an idle partition too). lag_seconds = age of the newest applied record while events wait, an upper bound of the wait. Counters count since the origin of each position; dead_lettered counts refusals of ingest and writer together.';

@ApiTags('Operation')
@Controller('v1/pipeline')
@Needs('operation')
export class PipelineController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(pipelineAnswer, {
    summary: 'How far each partition is',
    description: 'Position, lag in events and seconds, state and reason, and counters, per partition and per topic.',
  })
  answer(@Query({ schema: noParameters }) _parameters: object): Promise<PipelineAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const rows = (await partitions(snapshot)).map(partitionOf);
      return {
        definition: DEFINITION,
        partitions: rows,
        ingest: await ingestStandstills(snapshot),
        topics: byTopic(rows),
      };
    });
  }
}

/** Offsets that wait; the writer may have moved past the end it last saw. */
export const waiting = ({ high_watermark, next_offset }: PartitionRow): number | null =>
  high_watermark === null ? null : Math.max(0, high_watermark - next_offset);

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
