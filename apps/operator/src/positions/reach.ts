import type { KafkaAdmin, OffsetRange } from '@chip/kafka';

/** What Kafka still has for a database that is restored to an earlier moment. */
export interface Reach {
  readonly lines: readonly string[];
  /** Whether every partition would go on by itself. */
  readonly isWhole: boolean;
}

type Admin = Pick<KafkaAdmin, 'nameOf' | 'topicOffsets' | 'offsetsAt'>;

/**
 * Tells which partitions of a stream would go on by themselves in a database restored to `atMs`, which only after ingest
 * has read the machine topic again, and which would lose events.
 */
export async function reachOf(
  admin: Admin,
  stream: Readonly<Record<'source' | 'accepted', string>>,
  atMs: number,
): Promise<Reach> {
  const moment = new Date(atMs).toISOString();
  /** Partitions that begin after the moment, or are empty and may have had records from after it. */
  const cut = async (topic: string): Promise<Map<number, OffsetRange>> => {
    const [ranges, firstAfter] = [await admin.topicOffsets(topic), await admin.offsetsAt(topic, atMs)];
    return new Map(
      [...ranges].filter(([partition, { low, high }]) => low > 0 && (firstAfter.get(partition) ?? high) <= low),
    );
  };
  const blocks = await cut(stream.accepted);
  const records = blocks.size === 0 ? new Map<number, OffsetRange>() : await cut(stream.source);
  if (blocks.size === 0) {
    const line = `${stream.source}: ${admin.nameOf(stream.accepted)} reaches back to ${moment}; every partition goes on by itself`;
    return { lines: [line], isWhole: true };
  }
  const lines = [...blocks]
    .sort(([a], [b]) => a - b)
    .map(([partition, { low, high }]) => {
      const name = `${stream.source}/${partition}`;
      const accepted = admin.nameOf(stream.accepted);
      if (low === high) {
        return `${name}: all ${high} blocks of ${accepted} are deleted; if "positions -- show" has it applied up to a time before ${moment}, it lacks nothing`;
      }
      const lack = `${name}: blocks below ${low} are deleted, ${accepted} begins after ${moment}`;
      const first = records.get(partition)?.low;
      return first === undefined
        ? `${lack}; it stops as "gap" until ingest reads the machine topic again (positions -- rewind-ingest)`
        : `${lack}; the machine topic begins at ${first}, after it too: what was applied in between would be LOST`;
    });
  return { lines, isWhole: false };
}
