import { z } from 'zod';
import { count, definitionSchema } from '../http/answers.ts';
import { nameParameter } from '../http/parameters.ts';

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
