import { SchemaMigration } from './schema-migration.ts';

/** A decision is about the records of one topic, not about those that one of the same name has later. */
export class DecisionsByTopicId extends SchemaMigration {
  override name = '0050-decisions-by-topic-id';

  override up(): void {
    this.addSql(`
ALTER TABLE ingest_decisions ADD source_topic_id uuid;
COMMENT ON COLUMN ingest_decisions.source_topic_id IS 'Kafka''s id of the topic that the offsets are of; null in decisions of earlier versions, which hold for any.';
`);
  }
}
