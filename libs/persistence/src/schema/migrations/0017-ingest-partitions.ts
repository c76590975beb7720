import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Which partitions ingest has stopped and why, and what people decided about them. Ingest may write the first table but
 * only read the second: a decision is made by a person with the right to do so, and is recorded.
 */
export class IngestPartitions extends SchemaMigration {
  static override readonly tables: Tables = {
    ingest_partitions: {
      select: [...READERS, 'chip_ingest', 'chip_operator'],
      insert: ['chip_ingest'],
      update: ['chip_ingest'],
    },
    ingest_decisions: { select: [...READERS, 'chip_ingest', 'chip_operator'], insert: ['chip_operator'] },
  };
  override name = '0017-ingest-partitions';

  override up(): void {
    this.addSql(`
CREATE TABLE ingest_partitions (
  source_topic varchar(249) NOT NULL,
  source_partition integer NOT NULL,
  state varchar(40) NOT NULL,
  state_reason text,
  state_since timestamptz NOT NULL DEFAULT now(),
  at_offset bigint NOT NULL,
  to_offset bigint,
  owner varchar(200) NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source_topic, source_partition)
);
COMMENT ON TABLE ingest_partitions IS 'Partitions at which ingest stood still, and stands still where state is not running; written by ingest.';
COMMENT ON COLUMN ingest_partitions.at_offset IS 'Offset of the machine topic that ingest could not pass.';
COMMENT ON COLUMN ingest_partitions.to_offset IS 'End (exclusive) of what stops it, where that is a range that is known.';

CREATE TABLE ingest_decisions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_topic varchar(249) NOT NULL,
  source_partition integer NOT NULL,
  kind varchar(30) NOT NULL CHECK (kind IN ('skip_batch', 'resume')),
  at_offset bigint NOT NULL,
  to_offset bigint NOT NULL CHECK (to_offset > at_offset),
  clock_shift_ms bigint NOT NULL DEFAULT 0,
  decided_by text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  decided_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ingest_decisions IS 'What people decided about partitions at which ingest stands still. A decision is about exactly the standstill it was made for: the same offset, and not older than the state.';
COMMENT ON COLUMN ingest_decisions.to_offset IS 'The decision holds below this offset.';
COMMENT ON COLUMN ingest_decisions.clock_shift_ms IS 'How far the clock of the broker was behind: added to the append times of the records from at_offset to to_offset before events are judged by them.';
CREATE INDEX idx_ingest_decisions_partition ON ingest_decisions (source_topic, source_partition, at_offset);
`);
  }
}
