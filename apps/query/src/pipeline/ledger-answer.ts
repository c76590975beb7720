import { z } from 'zod';
import { asOfSchema, count, definitionSchema, timeText } from '../http/answers.ts';

const offsets = z.strictObject({
  from: count.meta({ description: 'First offset of the ledger of this partition.' }),
  to: count.meta({ description: 'End of the partition as last seen, or the position if that is higher.' }),
  records: count.meta({ description: 'Offsets with a record, each applied or refused.' }),
  skipped: count.meta({ description: 'Offsets without a record: transaction markers and compaction holes.' }),
  in_flight: count.meta({ description: 'Offsets that are not applied yet.' }),
  gaps: count.meta({ description: 'Offsets that a person gave up, with a reason.' }),
  balanced: z.boolean().meta({ description: 'to - from = records + skipped + in_flight + gaps' }),
});

const elements = z.strictObject({
  elements: count.meta({ description: 'Events in those records.' }),
  applied: count,
  dead_lettered: count,
  duplicates: count,
  balanced: z.boolean().meta({ description: 'elements = applied + dead_lettered + duplicates' }),
});

export const ledgerAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    balanced: z.boolean().meta({ description: 'Whether both balances of every partition hold.' }),
    partitions: z.array(
      z.strictObject({
        topic: z.string(),
        partition: count,
        offsets,
        elements,
        accepted_gaps: z.array(
          z.strictObject({
            from_offset: count,
            to_offset: count.meta({ description: 'Exclusive.' }),
            kind: z.string(),
            reason: z.string().nullable(),
            accepted_by: z.string().nullable(),
            at: timeText,
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Ledger' });

export type LedgerAnswer = z.output<typeof ledgerAnswer>;

export type LedgerEntry = LedgerAnswer['partitions'][number];
