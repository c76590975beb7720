import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionSchema, timeText } from '../http/answers.ts';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { noParameters, waiting } from './pipeline.controller.ts';
import { acceptedGaps, type GapRow, type PartitionRow, partitions } from './pipeline.sql.ts';

const offsets = z.strictObject({
  from: count.meta({ description: 'Where the ledger of this partition begins.' }),
  to: count.meta({ description: 'End of the partition as last seen, or the position if that is further.' }),
  records: count.meta({ description: 'Offsets that held a record, each applied or refused.' }),
  skipped: count.meta({ description: 'Offsets without a record: transaction markers and compaction holes.' }),
  in_flight: count.meta({ description: 'Offsets that are not applied yet.' }),
  gaps: count.meta({ description: 'Offsets given up by a person, with a reason.' }),
  balanced: z.boolean().meta({ description: 'to - from = records + skipped + in_flight + gaps' }),
});
const elements = z.strictObject({
  elements: count.meta({ description: 'Events in those records.' }),
  applied: count,
  dead_lettered: count,
  duplicates: count,
  balanced: z.boolean().meta({ description: 'elements = applied + dead_lettered + duplicates' }),
});
const ledgerAnswer = z
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
type LedgerAnswer = z.output<typeof ledgerAnswer>;
type LedgerEntry = LedgerAnswer['partitions'][number];

const DEFINITION =
  'Per partition of the machine topics, since the origin of its position: to - from = records + skipped + in_flight + gaps, and elements = applied + dead_lettered + duplicates. Counters move in the transaction that stores the rows.';

@ApiTags('Operation')
@Controller('v1/ledger')
@Needs('operation')
export class LedgerController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get()
  @Answers(ledgerAnswer, {
    summary: 'Every offset accounted for',
    description: 'Two balances per partition: offsets of the source topic, and the events in its records.',
  })
  answer(@Query({ schema: noParameters }) _parameters: object): Promise<LedgerAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const gaps = await acceptedGaps(snapshot);
      const entries = (await partitions(snapshot)).map((row) => entryOf(row, gaps));
      return {
        definition: DEFINITION,
        balanced: entries.every((entry) => entry.offsets.balanced && entry.elements.balanced),
        partitions: entries,
      };
    });
  }
}

/** Both balances are computed from the counters, so that a wrong counter shows. */
function entryOf(row: PartitionRow, allGaps: readonly GapRow[]): LedgerEntry {
  const { topic, partition, records, skipped, gaps, applied, dead_lettered, duplicates } = row;
  const in_flight = waiting(row) ?? 0;
  const from = row.origin_offset;
  const to = row.next_offset + in_flight;
  const accepted = allGaps.filter((gap) => gap.topic === topic && gap.partition === partition);
  return {
    topic,
    partition,
    offsets: {
      from,
      to,
      records,
      skipped,
      in_flight,
      gaps,
      balanced: to - from === records + skipped + in_flight + gaps,
    },
    elements: {
      elements: row.elements,
      applied,
      dead_lettered,
      duplicates,
      balanced: row.elements === applied + dead_lettered + duplicates,
    },
    accepted_gaps: accepted.map(({ topic: _topic, partition: _partition, ...gap }) => gap),
  };
}
