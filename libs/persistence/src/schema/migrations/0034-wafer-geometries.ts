import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Geometry of the wafers of a product: where a die lies, given its step coordinates. */
export class WaferGeometries extends SchemaMigration {
  static override readonly tables: Tables = {
    // Update: withdrawing, which is all that the trigger allows.
    wafer_geometries: { select: READERS, insert: ['chip_api'], update: ['chip_api'] },
  };
  override name = '0034-wafer-geometries';

  override up(): void {
    this.addSql(`
CREATE TABLE wafer_geometries (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  product varchar(100) NOT NULL CHECK (product <> ''),
  valid_from timestamptz NOT NULL,
  diameter_mm double precision NOT NULL CHECK (diameter_mm > 0 AND diameter_mm <= 1000),
  pitch_x_mm double precision NOT NULL CHECK (pitch_x_mm > 0 AND pitch_x_mm <= diameter_mm),
  pitch_y_mm double precision NOT NULL CHECK (pitch_y_mm > 0 AND pitch_y_mm <= diameter_mm),
  centre_x integer NOT NULL,
  centre_y integer NOT NULL,
  offset_x_mm double precision NOT NULL CHECK (abs(offset_x_mm) <= pitch_x_mm),
  offset_y_mm double precision NOT NULL CHECK (abs(offset_y_mm) <= pitch_y_mm),
  notch varchar(6) NOT NULL CHECK (notch IN ('bottom', 'left', 'top', 'right')),
  x_axis varchar(5) NOT NULL CHECK (x_axis IN ('right', 'left')),
  y_axis varchar(4) NOT NULL CHECK (y_axis IN ('up', 'down')),
  edge_exclusion_mm double precision NOT NULL CHECK (edge_exclusion_mm >= 0 AND edge_exclusion_mm < diameter_mm / 2),
  rings integer NOT NULL CHECK (rings BETWEEN 1 AND 20),
  reticle_columns integer CHECK (reticle_columns BETWEEN 1 AND 1000),
  reticle_rows integer CHECK (reticle_rows BETWEEN 1 AND 1000),
  reticle_x integer,
  reticle_y integer,
  reason text NOT NULL CHECK (reason <> ''),
  created_by varchar(200) NOT NULL CHECK (created_by <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  withdrawn_at timestamptz,
  withdrawn_by varchar(200),
  withdrawal_reason text,
  CONSTRAINT wafer_geometries_reticle_check CHECK (num_nulls(reticle_columns, reticle_rows, reticle_x, reticle_y) IN (0, 4)),
  CONSTRAINT wafer_geometries_withdrawal_check CHECK (
    (withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL))
);
CREATE UNIQUE INDEX idx_wafer_geometries_version ON wafer_geometries (product, valid_from) WHERE withdrawn_at IS NULL;
CREATE INDEX idx_wafer_geometries_created_at ON wafer_geometries (created_at DESC, id DESC);
CREATE TRIGGER withdrawn_only BEFORE UPDATE OR DELETE ON wafer_geometries FOR EACH ROW EXECUTE FUNCTION refuse_all_but_withdrawal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON wafer_geometries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE wafer_geometries IS 'Geometry of the wafers of a product. A change is a new row, which succeeds the one before; the row in force at a time is the one with the greatest valid_from up to then that is not withdrawn.';
COMMENT ON COLUMN wafer_geometries.pitch_x_mm IS 'Distance of neighbouring dice, scribe line included, along the x axis of the machine.';
COMMENT ON COLUMN wafer_geometries.centre_x IS 'Step coordinates of the die that the offset is about, usually that nearest to the centre of the wafer.';
COMMENT ON COLUMN wafer_geometries.offset_x_mm IS 'From the centre of the wafer to the centre of that die, to the right as the map is drawn; offset_y_mm upwards.';
COMMENT ON COLUMN wafer_geometries.notch IS 'Where the notch lies while the axes point as stated.';
COMMENT ON COLUMN wafer_geometries.x_axis IS 'Where x grows to, looking at the side with the dice.';
COMMENT ON COLUMN wafer_geometries.edge_exclusion_mm IS 'Dice that reach into this outer ring count in no zone.';
COMMENT ON COLUMN wafer_geometries.rings IS 'Rings of equal width that zones divide the rest of the wafer into.';
COMMENT ON COLUMN wafer_geometries.reticle_columns IS 'Dice of one exposure along x; null = not known.';
COMMENT ON COLUMN wafer_geometries.reticle_x IS 'Step coordinates of the die with the least x and y of any one exposure.';
`);
  }
}
