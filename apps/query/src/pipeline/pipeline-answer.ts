import { z } from 'zod';
import { asOfSchema, count, definitionSchema, timeText } from '../http/answers.ts';

export const pipelineAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    partitions: z.array(
      z.strictObject({
        topic: z.string().meta({ examples: ['telemetry.samples.v1'] }),
        partition: count,
        state: z
          .string()
          .meta({ description: 'running, or why the writer stopped the partition.', examples: ['running'] }),
        state_reason: z.string().nullable(),
        state_since: timeText,
        next_offset: count.meta({ description: 'First offset that is not applied yet.' }),
        high_watermark: count.nullable().meta({ description: 'End of the partition as last seen by the writer.' }),
        lag_events: count
          .nullable()
          .meta({ description: 'Offsets that wait; null until the writer has seen the end.' }),
        lag_seconds: z
          .number()
          .min(0)
          .nullable()
          .meta({ description: 'Age of the newest applied record while others wait; 0 when none wait.' }),
        append_time: timeText.nullable().meta({ description: 'Broker time of the newest applied record.' }),
        updated_at: timeText.meta({ description: 'When the position last moved.' }),
        owner: z.string().nullable().meta({ description: 'Writer that holds the partition.' }),
        records: count,
        elements: count.meta({ description: 'Events in the records; one record may hold an array.' }),
        applied: count,
        dead_lettered: count,
        duplicates: count,
        gaps: count,
        rows_written: count.meta({ description: 'Rows written, in all tables.' }),
      }),
    ),
    ingest: z
      .array(
        z.strictObject({
          topic: z.string().meta({ examples: ['telemetry.samples.v1'] }),
          partition: count,
          state: z.string().meta({ description: 'Why ingest stopped the partition.', examples: ['undecodable_batch'] }),
          state_reason: z.string().nullable(),
          state_since: timeText,
          at_offset: count.meta({ description: 'Offset of the machine topic that ingest cannot pass.' }),
          to_offset: count.nullable().meta({ description: 'End of the offsets that stop it, exclusive, where known.' }),
          owner: z.string().meta({ description: 'Ingest that holds the partition.' }),
        }),
      )
      .meta({ description: 'Partitions that ingest stopped; empty when it runs in all of them.' }),
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

export type PipelineAnswer = z.output<typeof pipelineAnswer>;

export type Partition = PipelineAnswer['partitions'][number];
