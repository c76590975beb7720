import { z } from 'zod';
import { count, definitionSchema, nextCursor, timeText } from '../http/answers.ts';
import { endsInOrder, nameParameter, pageParameters, timeRange } from '../http/parameters.ts';

export const verifyParameters = z.strictObject({
  stream: nameParameter('One hash chain; absent: all of them.', 'api').optional(),
});

export type VerifyParameters = z.output<typeof verifyParameters>;

const seq = z.int().min(1);

export const verifyAnswer = z
  .strictObject({
    ok: z.boolean().meta({ description: 'Whether every chain is intact.' }),
    definition: definitionSchema,
    streams: z.array(
      z.strictObject({
        stream: z.string().meta({ examples: ['api'] }),
        entries: count,
        head: z
          .strictObject({ seq: z.int().min(0), hash: z.string().meta({ description: 'Hex SHA-256.' }) })
          .nullable()
          .meta({ description: 'The newest entry. Keep it outside the database to detect a later truncation.' }),
        broken: z
          .strictObject({ seq, problem: z.string() })
          .nullable()
          .meta({ description: 'The first entry that is wrong or missing.' }),
      }),
    ),
  })
  .meta({ id: 'AuditVerification' });

export type VerifyAnswer = z.output<typeof verifyAnswer>;

export const listParameters = z
  .strictObject({
    stream: nameParameter('One hash chain.', 'api').optional(),
    actor: nameParameter('Who made the change.', 'key:line-7 (chip_0123456789)', 200).optional(),
    action: nameParameter('What was done.', 'parameter.create').optional(),
    subject: nameParameter('What was changed.', 'parameter:0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11', 500).optional(),
    ...timeRange('been recorded', { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);
export type ListParameters = z.output<typeof listParameters>;

const auditItem = z.strictObject({
  stream: z.string().meta({ examples: ['api'] }),
  seq: seq.meta({ description: '1, 2, 3 ... within the stream.' }),
  at: timeText.meta({ description: 'Server time.' }),
  actor: z.string(),
  action: z.string().meta({ examples: ['inspection.create'] }),
  subject: z.string(),
  reason: z.string(),
  old_value: z.unknown().meta({ description: 'Before the change; null where there was nothing.' }),
  new_value: z.unknown(),
  hash: z.string().meta({ description: 'Hex SHA-256.' }),
});
export type AuditItem = z.output<typeof auditItem>;

export const auditPage = z
  .strictObject({ items: z.array(auditItem), next_cursor: nextCursor })
  .meta({ id: 'AuditPage' });
export type AuditPage = z.output<typeof auditPage>;
