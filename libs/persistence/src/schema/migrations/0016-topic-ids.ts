import { SchemaMigration } from './schema-migration.ts';

/**
 * A position says which topics its offsets belong to. A topic that was recreated, or that lives on another cluster, has
 * a different id; offsets of the two must not be mixed. Earlier rows have none: the writer adds the ids when it takes
 * over the partition and nothing contradicts.
 */
export class TopicIds extends SchemaMigration {
  override name = '0016-topic-ids';

  override up(): void {
    this.addSql(`
ALTER TABLE stream_positions
  ADD COLUMN source_topic_id uuid,
  ADD COLUMN accepted_topic_id uuid,
  ADD COLUMN accepted_origin bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN stream_positions.source_topic_id IS 'Kafka''s id of the machine topic that next_offset counts in; null until a block has named it.';
COMMENT ON COLUMN stream_positions.accepted_topic_id IS 'Kafka''s id of the accepted topic that accepted_offset counts in; null until the writer has proved it.';
COMMENT ON COLUMN stream_positions.accepted_origin IS 'Blocks of the accepted topic below this offset belong to an earlier machine topic and are passed by; counts for accepted_topic_id only.';
`);
  }
}
