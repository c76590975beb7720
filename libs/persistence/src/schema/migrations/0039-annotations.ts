import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Notes on charts: what happened at a time, such as an exchanged pump. */
export class Annotations extends SchemaMigration {
  static override readonly tables: Tables = {
    // Update: withdrawing, which is all that the trigger allows.
    annotations: { select: READERS, insert: ['chip_api'], update: ['chip_api'] },
  };
  override name = '0039-annotations';

  override up(): void {
    this.addSql(`
CREATE TABLE annotations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  parameter varchar(200) NOT NULL DEFAULT '',
  product varchar(100) NOT NULL DEFAULT '',
  step varchar(100) NOT NULL DEFAULT '',
  site varchar(100) NOT NULL DEFAULT '',
  equipment_id varchar(100) NOT NULL DEFAULT '',
  begins_at timestamptz NOT NULL,
  ends_at timestamptz CHECK (ends_at > begins_at),
  note text NOT NULL CHECK (note <> ''),
  author varchar(200) NOT NULL CHECK (author <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  withdrawn_at timestamptz,
  withdrawn_by varchar(200),
  withdrawal_reason text,
  CONSTRAINT annotations_withdrawal_check CHECK (
    (withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL))
);
CREATE INDEX idx_annotations_begins_at ON annotations (begins_at DESC, id DESC);
CREATE TRIGGER withdrawn_only BEFORE UPDATE OR DELETE ON annotations FOR EACH ROW EXECUTE FUNCTION refuse_all_but_withdrawal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON annotations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE annotations IS 'What people note about a time on charts. A row never changes; one that is wrong is withdrawn.';
COMMENT ON COLUMN annotations.parameter IS 'Measurement whose charts show the note; empty = every chart that the other columns fit, as for each of them.';
COMMENT ON COLUMN annotations.ends_at IS 'End of what is noted, not included; null = a moment.';
COMMENT ON COLUMN annotations.author IS 'Subject that stored the note.';
`);
  }
}
