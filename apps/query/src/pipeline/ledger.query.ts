import { Injectable } from '@nestjs/common';
import { StreamDatabases } from '../sql/stream-databases.ts';
import { type LedgerAnswer, type LedgerEntry } from './ledger-answer.ts';
import { acceptedGaps, type GapRow, type PartitionRow, partitions, waiting } from './pipeline.sql.ts';

const DEFINITION =
  'Per partition of the machine topics, since the origin of its position: to - from = records + skipped + in_flight + gaps, and elements = applied + dead_lettered + duplicates. Counters change in the transaction that stores the rows.';

/** Accounts for every offset of the machine topics. */
@Injectable()
export class LedgerQuery {
  constructor(private readonly databases: StreamDatabases) {}

  async answer(): Promise<LedgerAnswer> {
    const { as_of, answers } = await this.databases.answers(async (snapshot, owns) => {
      const gaps = await acceptedGaps(snapshot);
      return (await partitions(snapshot)).filter(owns).map((row) => entryOf(row, gaps));
    });
    const entries = answers.flat();
    return {
      as_of,
      definition: DEFINITION,
      balanced: entries.every((entry) => entry.offsets.balanced && entry.elements.balanced),
      partitions: entries,
    };
  }
}

/** Computes both balances from the counters, so that a wrong counter shows. */
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
