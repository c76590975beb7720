import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Catalogue of parameters by step, recipe and site, with withdrawal; control limits that are frozen. */
export class ParametersAndLimits extends SchemaMigration {
  static override readonly tables: Tables = {
    // Update: withdrawing, which is all that the trigger allows.
    parameters: { select: READERS, insert: ['chip_api'], update: ['chip_api'] },
    control_limits: { select: READERS, insert: ['chip_api'] },
  };
  override name = '0024-parameters-and-limits';

  override up(): void {
    this.addSql(`
ALTER TABLE parameters
  ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN step varchar(100) NOT NULL DEFAULT '',
  ADD COLUMN recipe varchar(100) NOT NULL DEFAULT '',
  ADD COLUMN site varchar(100) NOT NULL DEFAULT '',
  ADD COLUMN reason text NOT NULL DEFAULT 'entered before reasons were kept' CHECK (reason <> ''),
  ADD COLUMN withdrawn_at timestamptz,
  ADD COLUMN withdrawn_by varchar(200),
  ADD COLUMN withdrawal_reason text;
ALTER TABLE parameters
  ALTER COLUMN reason DROP DEFAULT,
  DROP CONSTRAINT parameters_pkey,
  ADD PRIMARY KEY (id),
  ADD CONSTRAINT parameters_limits_around_target CHECK (target >= lower_limit AND target <= upper_limit) NOT VALID,
  ADD CONSTRAINT parameters_withdrawal_check CHECK (
    (withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL));
CREATE UNIQUE INDEX idx_parameters_version ON parameters (name, product, step, recipe, site, valid_from) WHERE withdrawn_at IS NULL;
CREATE INDEX idx_parameters_created_at ON parameters (created_at DESC, id DESC);
COMMENT ON TABLE parameters IS 'Catalogue of measured parameters with their specification limits. A change is a new row, which succeeds the one before; the row in force at a time is the one with the greatest valid_from up to then that is not withdrawn.';
COMMENT ON COLUMN parameters.product IS 'Empty = every product without a row of its own; step, recipe and site alike. The row with the most of them holds.';
COMMENT ON COLUMN parameters.unit IS 'Unit of the limits; values in other units of the same kind are converted into it.';
COMMENT ON COLUMN parameters.withdrawn_at IS 'Since when the row is known to be wrong: it counts no more, for no time. Null = it counts.';

CREATE FUNCTION refuse_all_but_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  withdrawal CONSTANT text[] := ARRAY['withdrawn_at', 'withdrawn_by', 'withdrawal_reason'];
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
    AND to_jsonb(NEW) - withdrawal = to_jsonb(OLD) - withdrawal THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'rows of % can be withdrawn once, and not be changed', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
DROP TRIGGER immutable ON parameters;
CREATE TRIGGER withdrawn_only BEFORE UPDATE OR DELETE ON parameters FOR EACH ROW EXECUTE FUNCTION refuse_all_but_withdrawal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON parameters FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE control_limits (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  parameter varchar(200) NOT NULL DEFAULT '',
  chart varchar(20) NOT NULL,
  subgroup varchar(10) NOT NULL,
  product varchar(100) NOT NULL DEFAULT '',
  step varchar(100) NOT NULL DEFAULT '',
  recipe varchar(100) NOT NULL DEFAULT '',
  site varchar(100) NOT NULL DEFAULT '',
  equipment_id varchar(100) NOT NULL DEFAULT '',
  inspection_type varchar(50) NOT NULL DEFAULT '',
  version integer NOT NULL CHECK (version > 0),
  unit varchar(50),
  settings jsonb NOT NULL,
  centre double precision NOT NULL CHECK (centre NOT IN ('NaN', 'Infinity', '-Infinity')),
  sigma double precision CHECK (sigma > 0 AND sigma < 'Infinity'),
  sigma_within double precision CHECK (sigma_within > 0 AND sigma_within < 'Infinity'),
  sigma_z double precision CHECK (sigma_z > 0 AND sigma_z < 'Infinity'),
  lower double precision,
  upper double precision,
  n integer,
  samples integer,
  baseline_from timestamptz,
  baseline_to timestamptz,
  exclusions jsonb NOT NULL,
  as_of jsonb,
  definition text NOT NULL,
  definition_id varchar(100) NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  author varchar(200) NOT NULL CHECK (author <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT control_limits_baseline_check CHECK ((baseline_from IS NULL) = (baseline_to IS NULL) AND (baseline_from IS NULL) = (samples IS NULL))
);
CREATE UNIQUE INDEX idx_control_limits_version ON control_limits
  (parameter, chart, subgroup, product, step, recipe, site, equipment_id, inspection_type, version);
CREATE INDEX idx_control_limits_created_at ON control_limits (created_at DESC, id DESC);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON control_limits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON control_limits FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE control_limits IS 'Frozen control limits (phase II). A change is a new version of the same parameter, chart, subgroup and filters; the greatest version is the current one.';
COMMENT ON COLUMN control_limits.parameter IS 'Empty for charts of counts.';
COMMENT ON COLUMN control_limits.subgroup IS 'lot, wafer, day, or so many values one after the other.';
COMMENT ON COLUMN control_limits.product IS 'Empty = not limited to a product; step, recipe, site, equipment_id and inspection_type alike.';
COMMENT ON COLUMN control_limits.settings IS 'What else shapes the chart: policy, break_at, sigma_method, lambda, l, k, h.';
COMMENT ON COLUMN control_limits.centre IS 'Mean; of counts the rate per unit.';
COMMENT ON COLUMN control_limits.sigma IS 'Of xbar_r and xbar_s that of single values, else that of the points; null for charts of counts.';
COMMENT ON COLUMN control_limits.sigma_within IS 'Of between_within: standard deviation within the samples.';
COMMENT ON COLUMN control_limits.sigma_z IS 'Of p_prime and u_prime: spread between samples in units of what their size explains.';
COMMENT ON COLUMN control_limits.lower IS 'Limits of the location panel; null where they vary by point.';
COMMENT ON COLUMN control_limits.n IS 'Values of each sample; null where samples differ.';
COMMENT ON COLUMN control_limits.exclusions IS 'Samples of the baseline that the limits do not come from, each with its reason.';
COMMENT ON COLUMN control_limits.as_of IS 'Stream positions that the limits have seen; null for limits that were given.';
`);
  }
}
