import { ACCOUNTS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** An index of the dead letters, so that they are counted by cause and found without reading their topics. */
export class DeadLetters extends SchemaMigration {
  static override readonly tables: Tables = {
    dead_letters: {
      select: [...ACCOUNTS, 'chip_operator'],
      insert: ['chip_api'],
      // That a letter was replayed.
      update: ['chip_api', 'chip_operator'],
      retention: { everyMs: 600_000, rows: { keep: null, column: 'failed_at' } },
    },
    dead_letter_positions: { select: ACCOUNTS, insert: ['chip_api'], update: ['chip_api'] },
  };
  override name = '0037-dead-letters';

  override up(): void {
    this.addSql(`
CREATE TABLE dead_letters (
  topic varchar(249) NOT NULL,
  letter_partition integer NOT NULL,
  letter_offset bigint NOT NULL,
  letter_key varchar(400) NOT NULL,
  is_repeat boolean NOT NULL,
  code varchar(100) NOT NULL,
  stage varchar(20) NOT NULL,
  field varchar(500) NOT NULL,
  detail varchar(2000) NOT NULL,
  machine varchar(100) NOT NULL,
  failed_at timestamptz NOT NULL,
  source_partition integer,
  source_offset bigint,
  replay_of varchar(300),
  replay_count integer,
  truncated varchar(100),
  value_bytes integer,
  PRIMARY KEY (topic, letter_partition, letter_offset)
);
CREATE INDEX idx_dead_letters_key ON dead_letters (letter_key);
CREATE INDEX idx_dead_letters_failed_at ON dead_letters (failed_at DESC, topic DESC, letter_partition DESC, letter_offset DESC);
COMMENT ON TABLE dead_letters IS 'Where each dead letter is, and why its event was refused; written by query where it has KAFKA_BROKERS. The letter itself stays in its topic.';
COMMENT ON COLUMN dead_letters.topic IS 'Machine topic of the refused event; the letter is in its dead-letter topic.';
COMMENT ON COLUMN dead_letters.is_repeat IS 'Written again after a crash: the same key stands at a lower offset.';
COMMENT ON COLUMN dead_letters.code IS 'Refusal code; empty for a record that is not a dead letter.';
COMMENT ON COLUMN dead_letters.field IS 'Where the event was refused: a JSON pointer with * for indexes of arrays; empty where the refusal names no place.';
COMMENT ON COLUMN dead_letters.machine IS 'Service of a sample, equipment of an inspection; empty where the event does not say.';
COMMENT ON COLUMN dead_letters.replay_of IS 'Key of the letter that the event was replayed from before it was refused again.';

CREATE TABLE dead_letter_positions (
  topic varchar(249) NOT NULL,
  letter_partition integer NOT NULL,
  next_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, letter_partition)
);
COMMENT ON TABLE dead_letter_positions IS 'How far each partition of a dead-letter topic is in dead_letters; changes in the transaction of the rows.';
`);
    this.retain('dead_letters');
  }
}
