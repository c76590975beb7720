import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Lots, wafers, parts, inspections, their attempts, events and defects. */
export class Inspections extends SchemaMigration {
  static override readonly tables: Tables = {
    inspection_types: { select: READERS },
    lots: { select: READERS, insert: ['chip_writer', 'chip_api'] },
    wafers: { select: READERS, insert: ['chip_writer'] },
    parts: { select: READERS, insert: ['chip_writer', 'chip_api'] },
    inspections: { select: READERS, insert: ['chip_writer', 'chip_api'], update: ['chip_writer'] },
    inspection_attempts: {
      select: READERS,
      insert: ['chip_writer'],
      update: ['chip_writer'],
      retention: { everyMs: 600_000 },
    },
    inspection_events: {
      select: READERS,
      insert: ['chip_writer'],
      delete: ['chip_writer'],
      retention: { everyMs: 600_000 },
    },
    defects: { select: READERS, insert: ['chip_writer'], retention: { everyMs: 600_000 } },
  };
  override name = '0001-inspections';

  override up(): void {
    this.addSql(`
CREATE TYPE inspection_status_enum AS ENUM ('pending', 'in_progress', 'completed', 'failed', 'cancelled', 'voided');
COMMENT ON TYPE inspection_status_enum IS 'State of the run, not the verdict on the chip (that is result). failed = the run could not finish; voided = withdrawn.';

CREATE DOMAIN inspection_type_enum AS varchar(50);
COMMENT ON DOMAIN inspection_type_enum IS 'A name from inspection_types. Not a real enum, so that adding a type is an INSERT and no DDL on a live stream.';

CREATE TABLE inspection_types (
  name varchar(50) PRIMARY KEY,
  description text NOT NULL
);
COMMENT ON TABLE inspection_types IS 'The known kinds of inspection; an event of another type is refused as unknown_inspection_type.';
INSERT INTO inspection_types (name, description) VALUES
  ('visual', 'Optical or electron-beam inspection for defects'),
  ('electrical', 'Probe or tester: electrical parameters and bins'),
  ('dimensional', 'Sizes and shapes'),
  ('thermal', 'Behaviour under temperature'),
  ('functional', 'Functional test of the finished unit'),
  ('metrology', 'Measurement of a process result, such as a critical dimension or overlay');

CREATE TABLE lots (
  id uuid PRIMARY KEY,
  site varchar(100) NOT NULL DEFAULT '',
  lot_id varchar(100) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE lots IS 'Batches of wafers, as the machines name them.';
COMMENT ON COLUMN lots.id IS 'UUID v5 of (site, lot_id): any writer computes it without asking, so concurrent writers never disagree.';
COMMENT ON COLUMN lots.site IS 'The fab; empty when machines do not say.';
COMMENT ON COLUMN lots.created_at IS 'When the row was stored, not when the lot was started.';
CREATE INDEX idx_lots_lot_id ON lots (lot_id);

CREATE TABLE wafers (
  id uuid PRIMARY KEY,
  lot_id uuid NOT NULL REFERENCES lots (id),
  wafer_id varchar(100) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE wafers IS 'Wafers of a lot. Two lots may use the same wafer name.';
COMMENT ON COLUMN wafers.id IS 'UUID v5 of (site, lot_id, wafer_id).';
CREATE INDEX idx_wafers_lot_id ON wafers (lot_id);

CREATE TABLE parts (
  id uuid PRIMARY KEY,
  lot_id uuid NOT NULL REFERENCES lots (id),
  chip_id varchar(100) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE parts IS 'Units (die or package) of a lot. Identity only: wafer and die position are on the attempts, so that no row depends on the order in which events arrive.';
COMMENT ON COLUMN parts.id IS 'UUID v5 of (site, lot_id, chip_id).';
CREATE INDEX idx_parts_lot_id ON parts (lot_id, chip_id);

CREATE TABLE inspections (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  lot_id uuid NOT NULL REFERENCES lots (id),
  chip_id varchar(100) NOT NULL,
  inspection_type inspection_type_enum NOT NULL REFERENCES inspection_types (name),
  status inspection_status_enum NOT NULL DEFAULT 'pending',
  priority integer NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  site varchar(100) NOT NULL DEFAULT '',
  result varchar(4) CHECK (result IN ('pass', 'fail')),
  step varchar(100) NOT NULL DEFAULT '',
  attempt_key varchar(140),
  occurred_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  equipment_id varchar(100),
  recipe varchar(100),
  product varchar(100),
  wafer_id varchar(100),
  die_x integer,
  die_y integer,
  hard_bin integer,
  soft_bin integer,
  inspected_area_cm2 double precision,
  defect_count integer,
  measurement_count integer,
  ingested_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT unique_inspection UNIQUE (lot_id, chip_id, inspection_type)
) WITH (fillfactor = 90);
COMMENT ON TABLE inspections IS 'The current state of each (lot, chip, inspection type): its latest attempt with a result, or its latest attempt if none has one; never a voided attempt. Every attempt is in inspection_attempts.';
COMMENT ON COLUMN inspections.id IS 'UUID v5 of (site, lot, chip, type) when loaded from a machine.';
COMMENT ON COLUMN inspections.created_at IS 'The least occurred_at of its events (machine time); moves back when an earlier event arrives late.';
COMMENT ON COLUMN inspections.ingested_at IS 'When the row was first stored (server time).';
COMMENT ON COLUMN inspections.result IS 'The verdict on the chip; only a completed run has one.';
COMMENT ON COLUMN inspections.attempt_key IS 'With id and step names the row of inspection_attempts shown here; null when there is none.';
COMMENT ON COLUMN inspections.wafer_id IS 'The machine''s text, from the current attempt.';

CREATE TABLE inspection_attempts (
  inspection_id uuid NOT NULL REFERENCES inspections (id) DEFERRABLE INITIALLY DEFERRED,
  step varchar(100) NOT NULL DEFAULT '',
  attempt_key varchar(140) NOT NULL,
  lot_id uuid NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  status inspection_status_enum NOT NULL,
  result varchar(4) CHECK (result IN ('pass', 'fail')),
  occurred_at timestamptz NOT NULL,
  event_id uuid NOT NULL,
  event_ids uuid[] NOT NULL,
  first_occurred_at timestamptz NOT NULL,
  attempt_no integer,
  run_id varchar(100),
  priority integer CHECK (priority BETWEEN 1 AND 10),
  started_at timestamptz,
  completed_at timestamptz,
  equipment_id varchar(100),
  recipe varchar(100),
  product varchar(100),
  wafer_id varchar(100),
  die_x integer,
  die_y integer,
  hard_bin integer,
  soft_bin integer,
  inspected_area_cm2 double precision,
  defect_count integer,
  measurement_count integer,
  metadata jsonb,
  void_reason text,
  voids uuid,
  stamps jsonb,
  PRIMARY KEY (inspection_id, step, attempt_key)
) WITH (fillfactor = 90);
COMMENT ON TABLE inspection_attempts IS 'Every attempt (insertion) of an inspection. The row is the same whatever the order, grouping or repetition of its events.';
COMMENT ON CONSTRAINT inspection_attempts_inspection_id_fkey ON inspection_attempts IS 'Deferred: the load locks attempts before inspections, always in that order, and the parent row may be new.';
COMMENT ON COLUMN inspection_attempts.attempt_key IS 'a:<attempt>, r:<run_id> or e:<event_id>: what the machine gave to tell one attempt from another.';
COMMENT ON COLUMN inspection_attempts.lot_id IS 'Copy from inspections, so that yield reads this table alone.';
COMMENT ON COLUMN inspection_attempts.event_id IS 'The deciding event: greatest (status rank, occurred_at, event_id).';
COMMENT ON COLUMN inspection_attempts.event_ids IS 'Every event that contributed; measurements and defects belong to the attempt whose event_ids contains theirs.';
COMMENT ON COLUMN inspection_attempts.first_occurred_at IS 'The least occurred_at of its events.';
COMMENT ON COLUMN inspection_attempts.attempt_no IS 'As numbered by the machine. The number shown to users is the rank by (occurred_at, event_id) among terminal attempts of (inspection, step), taken at query time.';
COMMENT ON COLUMN inspection_attempts.voids IS 'The event withdrawn by this voiding, when the machine named an event.';
COMMENT ON COLUMN inspection_attempts.stamps IS 'Field name to the event it came from, for fields that the deciding event left empty.';

CREATE TABLE inspection_events (
  event_id uuid PRIMARY KEY,
  content_hash bytea NOT NULL,
  inspection_id uuid NOT NULL,
  step varchar(100) NOT NULL DEFAULT '',
  attempt_key varchar(140) NOT NULL,
  source_topic varchar(249) NOT NULL,
  source_partition integer NOT NULL,
  source_offset bigint NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE inspection_events IS 'Ledger of applied events: the same event_id with the same content is a duplicate, with other content a conflict. Pruned by received_at after a time longer than topic retention.';
COMMENT ON COLUMN inspection_events.content_hash IS 'Of the normalised event.';

CREATE TABLE defects (
  inspection_id uuid NOT NULL,
  event_id uuid NOT NULL,
  defect_no integer NOT NULL,
  time timestamptz NOT NULL,
  class varchar(100) NOT NULL,
  x_um double precision NOT NULL,
  y_um double precision NOT NULL,
  area_um2 double precision,
  size_um double precision,
  severity varchar(50),
  confidence double precision,
  image_uri varchar(2048),
  PRIMARY KEY (inspection_id, event_id, defect_no)
);
COMMENT ON TABLE defects IS 'Found anomalies. A defect belongs to the attempt whose event_ids contains its event_id; no foreign key, because the load copies straight into this table.';
COMMENT ON COLUMN defects.time IS 'occurred_at of the event.';
COMMENT ON COLUMN defects.x_um IS 'Micrometres from the die origin.';
`);
  }
}
