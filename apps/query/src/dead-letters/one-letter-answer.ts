import { z } from 'zod';
import { count } from '../http/answers.ts';
import { integerParameter, nameParameter } from '../http/parameters.ts';
import { letterSchema } from './dead-letters-answer.ts';

export const letterPath = z.strictObject({
  topic: nameParameter('Machine topic of the refused event.', 'telemetry.samples.v1', 249),
  partition: integerParameter(0, 1_000_000).meta({ description: 'Partition of its dead-letter topic.', example: 0 }),
  offset: integerParameter(0, Number.MAX_SAFE_INTEGER).meta({ description: 'Offset there.', example: 7 }),
});
export type LetterPath = z.output<typeof letterPath>;

export const oneLetter = z
  .strictObject({
    letter: letterSchema,
    headers: z.array(z.strictObject({ name: z.string(), value: z.string() })).meta({
      description: 'Key and headers of the record that the machine sent; the first 50, 1,000 characters each.',
    }),
    event: z.strictObject({
      text: z.string().nullable().meta({
        description:
          'The event: JSON with a line per member and the digits as sent, other text as it is. At most 65,536 characters. Null: the record had no value.',
      }),
      encoding: z.enum(['text', 'hex']).meta({ description: 'hex: the bytes are not UTF-8; the first 4,096 of them.' }),
      from: count.meta({ description: 'Characters that were cut before the text.' }),
      characters: count.meta({ description: 'Of the whole text.' }),
    }),
    place: z
      .strictObject({
        pointer: z
          .string()
          .nullable()
          .meta({
            description:
              'JSON pointer of what was refused; null: the text is not JSON, and this is where reading it fails.',
            examples: ['/service_name'],
          }),
        start: z.int().meta({ description: 'First character in the text of the event.' }),
        end: z.int().meta({ description: 'Character after the last one.' }),
        is_missing: z
          .boolean()
          .meta({ description: 'Whether the event lacks it; start and end are then of what should have it.' }),
        schema_pointer: z
          .string()
          .nullable()
          .meta({
            description: 'JSON pointer of the nearest part of the schema that describes it.',
            examples: ['/properties/service_name'],
          }),
      })
      .nullable()
      .meta({ description: 'Where the event was refused; null where the refusal names no place.' }),
    schema: z
      .record(z.string(), z.unknown())
      .meta({ description: 'JSON Schema that events of this topic are judged by, as in the AsyncAPI document.' }),
  })
  .meta({ id: 'DeadLetter' });
export type OneLetter = z.output<typeof oneLetter>;
