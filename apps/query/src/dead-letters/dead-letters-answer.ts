import { z } from 'zod';
import { count, definitionSchema, nextCursor, timeText } from '../http/answers.ts';
import { endsInOrder, nameParameter, pageParameters, timeRange } from '../http/parameters.ts';

const filters = {
  topic: nameParameter('Machine topic of the refused event.', 'telemetry.samples.v1', 249).optional(),
  code: z
    .string()
    .max(100)
    .optional()
    .meta({
      description: 'Refusal code; empty for records that are not dead letters.',
      examples: ['schema_violation'],
    }),
  stage: z
    .string()
    .max(20)
    .optional()
    .meta({
      description: 'Service that refused the event: ingest or writer; empty if the record does not say.',
      examples: ['ingest'],
    }),
  field: z
    .string()
    .max(500)
    .optional()
    .meta({
      description: 'Where the event was refused, as a group states it; empty: where the refusal names no place.',
      examples: ['/service_name'],
    }),
  machine: z
    .string()
    .max(100)
    .optional()
    .meta({
      description: 'Service of a sample, equipment of an inspection; empty: where the event does not say.',
      examples: ['etcher-07'],
    }),
  ...timeRange('been refused', { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }),
};

const texts = ['code', 'stage', 'field', 'machine'] as const;
const withoutNul = (
  given: { readonly [name in (typeof texts)[number]]?: string | undefined },
  context: z.RefinementCtx,
) => {
  for (const name of texts) {
    if (given[name]?.includes('\0')) {
      context.addIssue({ code: 'custom', path: [name], message: 'expected a text without NUL' });
    }
  }
};

export const groupParameters = z.strictObject(filters).superRefine(endsInOrder).superRefine(withoutNul);
export type GroupParameters = z.output<typeof groupParameters>;

export const letterParameters = z
  .strictObject({ ...filters, ...pageParameters })
  .superRefine(endsInOrder)
  .superRefine(withoutNul);
export type LetterParameters = z.output<typeof letterParameters>;

const cause = {
  topic: z.string().meta({ description: 'Machine topic of the refused events.', examples: ['telemetry.samples.v1'] }),
  code: z.string().meta({ description: 'Refusal code; empty for records that are not dead letters.' }),
  stage: z.string().meta({ examples: ['ingest'] }),
  field: z.string().meta({
    description:
      'Where events were refused: a JSON pointer with * for indexes of arrays; empty where the refusal names no place.',
    examples: ['/measurements/*/value'],
  }),
  machine: z.string().meta({ description: 'Empty where the event does not say.' }),
};

const letterGroup = z.strictObject({
  ...cause,
  letters: count,
  failed_again: count.meta({ description: 'Of these, those whose event had been replayed before.' }),
  replayed: count.meta({ description: 'Of these, those that have been replayed since.' }),
  first_failed_at: timeText,
  last_failed_at: timeText,
});
export type LetterGroup = z.output<typeof letterGroup>;

export const letterGroups = z
  .strictObject({
    definition: definitionSchema,
    is_indexing: z.boolean().meta({
      description:
        'Whether this instance reads the dead-letter topics (KAFKA_BROKERS). Without any that does, the positions stand still.',
    }),
    positions: z.array(
      z.strictObject({
        topic: z.string().meta({ description: 'Machine topic.' }),
        partition: count.meta({ description: 'Partition of its dead-letter topic.' }),
        next_offset: count.meta({ description: 'Letters below it are counted.' }),
        updated_at: timeText,
      }),
    ),
    letters: count.meta({ description: 'Of all groups.' }),
    group_count: count,
    groups: z.array(letterGroup).meta({ description: 'The 500 with most letters, those first.' }),
  })
  .meta({ id: 'DeadLetterGroups' });
export type LetterGroups = z.output<typeof letterGroups>;

export const letterSchema = z.strictObject({
  key: z.string().meta({
    description: 'Identifies the refused event: topic, partition, offset, and the index in its array.',
    examples: ['telemetry.samples.v1/3/7'],
  }),
  ...cause,
  partition: count.meta({ description: 'Of the dead-letter topic.' }),
  offset: count,
  detail: z.string().meta({
    description: 'What was wrong, in words. It may quote what the machine sent.',
    examples: ['/service_name: got nothing, expected a string'],
  }),
  failed_at: timeText,
  replay_of: z.string().nullable().meta({ description: 'Key of the letter that the event was replayed from.' }),
  replay_count: count.nullable(),
  truncated: z
    .string()
    .nullable()
    .meta({ description: 'Parts that were cut to fit; such a letter cannot be replayed.' }),
  value_bytes: count.nullable().meta({ description: 'Size of the event in the letter.' }),
  replayed: z
    .strictObject({
      state: z.enum(['started', 'acknowledged']).meta({
        description: 'started: interrupted, so it may or may not have been published.',
      }),
      at: timeText,
      times: count,
    })
    .nullable()
    .meta({ description: 'The last replay of this letter; null if there was none.' }),
});
export type LetterItem = z.output<typeof letterSchema>;

export const letterPage = z
  .strictObject({ items: z.array(letterSchema), next_cursor: nextCursor })
  .meta({ id: 'DeadLetterPage' });
export type LetterPage = z.output<typeof letterPage>;
