import { ACCOUNTS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Replays that were asked for over HTTP, and which letters have been replayed by anyone. */
export class LetterReplays extends SchemaMigration {
  static override readonly tables: Tables = {
    dead_letter_replays: {
      select: ACCOUNTS,
      insert: ['chip_api'],
      update: ['chip_api'],
      retention: { everyMs: 600_000, rows: { keep: null, column: 'created_at' } },
    },
  };
  override name = '0038-letter-replays';

  override up(): void {
    this.addSql(`
ALTER TABLE dead_letters ADD COLUMN replayed_at timestamptz;
COMMENT ON COLUMN dead_letters.replayed_at IS 'When the last replay of the letter was acknowledged, as the audit trail says; null: none was.';
UPDATE dead_letters AS d SET replayed_at = a.at FROM (
  SELECT substr(subject, length('dead-letter:') + 1) AS key, max(at) AS at FROM audit_log
  WHERE action = 'dead_letter.replay_acknowledged' GROUP BY 1) AS a
WHERE d.letter_key = a.key;

CREATE TABLE dead_letter_replays (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  topic varchar(249) NOT NULL,
  filter jsonb NOT NULL,
  patch jsonb,
  again boolean NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  created_by varchar(200) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  bounds jsonb NOT NULL,
  letters bigint NOT NULL,
  state varchar(20) NOT NULL DEFAULT 'sending' CHECK (state IN ('sending', 'judging', 'done', 'failed')),
  letters_read bigint NOT NULL DEFAULT 0,
  sent bigint NOT NULL DEFAULT 0,
  judged bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  skipped jsonb NOT NULL DEFAULT '{}',
  uncertain_keys jsonb NOT NULL DEFAULT '[]',
  at_partition integer NOT NULL DEFAULT -1,
  at_offset bigint NOT NULL DEFAULT -1,
  problem_code varchar(100),
  problem_detail text,
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  owner varchar(200),
  owned_until timestamptz
);
CREATE INDEX idx_dead_letter_replays_created ON dead_letter_replays (created_at DESC, id DESC);
CREATE INDEX idx_dead_letter_replays_open ON dead_letter_replays (created_at) WHERE finished_at IS NULL;
COMMENT ON TABLE dead_letter_replays IS 'Replays of dead letters that were asked for over HTTP, and how far each is. Which letters were sent is in audit_log, as it is for replays by command.';
COMMENT ON COLUMN dead_letter_replays.bounds IS 'By partition of the dead-letter topic: only letters below this offset, so that letters about replayed events stay out.';
COMMENT ON COLUMN dead_letter_replays.letters IS 'Letters to read when it was asked for.';
COMMENT ON COLUMN dead_letter_replays.judged IS 'Events sent that ingest and writer have passed; their letters, if any, are in dead_letters.';
COMMENT ON COLUMN dead_letter_replays.refused IS 'Letters whose event was refused again; the others that are judged were accepted.';
COMMENT ON COLUMN dead_letter_replays.at_offset IS 'Place of the last letter read, by at_partition; changes in the transaction that acknowledges the letters.';
COMMENT ON COLUMN dead_letter_replays.owned_until IS 'Until then only owner works on it; later any instance may go on.';
`);
    this.retain('dead_letter_replays');
  }
}
