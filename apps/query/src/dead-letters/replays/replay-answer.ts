import { STREAMS } from '@chip/contracts';
import { z } from 'zod';
import { count, nextCursor, timeText } from '../../http/answers.ts';
import { reasonText, storedText } from '../../http/body.ts';
import { jsonProblem } from '../../http/json-limits.ts';
import { endsInOrder, pageParameters, timeParameter } from '../../http/parameters.ts';

/** Longest patch, as JSON text. */
const MAX_PATCH_CHARACTERS = 64 * 1024;

const instant = timeParameter.meta({ format: 'date-time' });

/** Which letters; an absent member restricts nothing. */
const selection = {
  topic: z.enum(STREAMS.map(({ source }) => source)).meta({ description: 'Machine topic of the refused events.' }),
  code: storedText(0, 100)
    .optional()
    .meta({
      description: 'Refusal code, as a group states it; empty for records that are not dead letters.',
      examples: ['schema_violation'],
    }),
  stage: storedText(0, 20).optional().meta({
    description: 'Service that refused the events: ingest or writer; empty if the record does not say.',
  }),
  field: storedText(0, 500).optional().meta({
    description: 'Where the events were refused, as a group states it; empty: where a refusal names no place.',
  }),
  machine: storedText(0, 100)
    .optional()
    .meta({ description: 'Machine, as a group states it; empty: where the event does not say.' }),
  from: instant.optional().meta({ description: 'Only letters refused at or after this time.' }),
  to: instant.optional().meta({ description: 'Only letters refused before this time.' }),
};
const patch = z
  .record(z.string(), z.unknown())
  .superRefine((value, context) => {
    const problem =
      JSON.stringify(value).length > MAX_PATCH_CHARACTERS
        ? `expected at most ${MAX_PATCH_CHARACTERS} characters`
        : jsonProblem(value);
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: problem });
    }
  })
  .optional()
  .meta({
    description:
      'JSON merge patch (RFC 7396) for each event: fields replace, null removes. Absent: events stay as they are.',
  });
const again = z
  .boolean()
  .default(false)
  .meta({ description: 'Includes letters that were replayed before, or whose replay was interrupted.' });

export const dryRunRequest = z
  .strictObject({ ...selection, patch, again })
  .superRefine(endsInOrder)
  .meta({
    id: 'DeadLetterDryRunRequest',
    example: {
      topic: 'telemetry.samples.v1',
      code: 'schema_violation',
      field: '/service_name',
      patch: { service_name: 'etcher-07' },
    },
  });
export type DryRunRequest = z.output<typeof dryRunRequest>;

export const replayRequest = z
  .strictObject({ ...selection, patch, again, reason: reasonText })
  .superRefine(endsInOrder)
  .meta({
    id: 'DeadLetterReplayRequest',
    example: {
      topic: 'telemetry.samples.v1',
      code: 'schema_violation',
      field: '/service_name',
      patch: { service_name: 'etcher-07' },
      reason: 'the name was missing after the update of the gateway',
    },
  });
export type ReplayRequest = z.output<typeof replayRequest>;
export type Selection = Pick<ReplayRequest, keyof typeof selection>;

const SKIPPED = ['replayed', 'uncertain', 'truncated', 'not_patchable', 'too_large', 'no_letter'] as const;
const skipped = z.array(z.strictObject({ why: z.enum(SKIPPED), letters: count })).meta({
  description:
    'Letters that are not sent. replayed: before. uncertain: a replay was interrupted, so they may or may not have been sent. truncated: the letter has only a part of its event. not_patchable: the event is not a JSON object. too_large: for the topic, with the headers of a replay. no_letter: another program wrote it.',
});

const refusal = z.strictObject({ code: z.string(), detail: z.string() });

export const dryRunAnswer = z
  .strictObject({
    letters: count.meta({ description: 'Letters that the selection names and that a replay would read.' }),
    tried: count.meta({ description: 'Of these, those tried: a dry run ends after some seconds or megabytes.' }),
    is_whole: z.boolean().meta({ description: 'Whether all were tried.' }),
    accepted: count.meta({ description: 'Events that ingest would accept now.' }),
    refused: count.meta({ description: 'Events that ingest would refuse again.' }),
    refusals: z
      .array(z.strictObject({ code: z.string(), detail: z.string(), letters: count }))
      .meta({ description: 'Of the refused events, by code; with the detail of the first.' }),
    skipped,
    samples: z
      .array(
        z.strictObject({
          key: z.string(),
          partition: count,
          offset: count,
          before: z.string().nullable().meta({ description: 'The event as it is, laid out; cut at 4,000 characters.' }),
          after: z.string().nullable().meta({ description: 'The event as it would be sent.' }),
          refusal: refusal
            .nullable()
            .meta({ description: 'Why it would be refused again; null: it would be accepted.' }),
        }),
      )
      .meta({ description: 'The first few that would be accepted, and the first few that would be refused.' }),
  })
  .meta({ id: 'DeadLetterDryRun' });
export type DryRunAnswer = z.output<typeof dryRunAnswer>;

export const replayAnswer = z
  .strictObject({
    id: z.string().meta({ format: 'uuid' }),
    state: z.enum(['sending', 'judging', 'done', 'failed']).meta({
      description:
        'sending: events are being sent. judging: all are sent; ingest and writer have not passed them yet. done: each is judged. failed: it ended early, see problem; a new replay of the same letters goes on where it ended.',
    }),
    topic: z.string(),
    filter: z.record(z.string(), z.unknown()).meta({ description: 'The selection of the request.' }),
    patch: z.record(z.string(), z.unknown()).nullable(),
    again: z.boolean(),
    reason: z.string(),
    created_by: z.string(),
    created_at: timeText,
    finished_at: timeText.nullable(),
    letters: count.meta({ description: 'Letters to read.' }),
    read: count.meta({ description: 'Letters read so far.' }),
    sent: count.meta({ description: 'Events that the broker has acknowledged.' }),
    accepted: count.meta({ description: 'Of the events sent: accepted by ingest and writer.' }),
    refused: count.meta({ description: 'Of the events sent: refused again. Each has a new letter, with replay_of.' }),
    skipped,
    uncertain_keys: z.array(z.string()).meta({
      description: 'The first letters whose replay was interrupted: check whether their events arrived.',
    }),
    problem: z
      .strictObject({ code: z.string(), detail: z.string() })
      .nullable()
      .meta({ description: 'Why the replay ended early.' }),
  })
  .meta({ id: 'DeadLetterReplay' });
export type ReplayAnswer = z.output<typeof replayAnswer>;

export const replayPage = z
  .strictObject({ items: z.array(replayAnswer), next_cursor: nextCursor })
  .meta({ id: 'DeadLetterReplayPage' });
export type ReplayPage = z.output<typeof replayPage>;

export const replayListParameters = z.strictObject(pageParameters);
export type ReplayListParameters = z.output<typeof replayListParameters>;

export const replayPath = z.strictObject({
  id: z.uuid({ error: 'expected a UUID' }).meta({
    description: 'Id of the replay.',
    example: '5f0f7a0e-6a3e-4a3e-9d62-0c8a7c6a2f11',
  }),
});
