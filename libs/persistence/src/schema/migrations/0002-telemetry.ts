import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** The two hypertables. Their indexes are built per chunk in 0003. */
export class Telemetry extends SchemaMigration {
  static override readonly tables: Tables = {
    system_metrics: { select: READERS, insert: ['chip_writer'], retention: { everyMs: 600_000 } },
    measurements: { select: READERS, insert: ['chip_writer'], retention: { everyMs: 600_000 } },
  };
  override name = '0002-telemetry';

  override up(): void {
    this.addSql(`
CREATE TABLE system_metrics (
  time timestamptz NOT NULL,
  service_name varchar(100) NOT NULL,
  metric_name varchar(100) NOT NULL,
  metric_value double precision NOT NULL,
  tags jsonb,
  host varchar(100),
  CONSTRAINT metric_value_finite CHECK (metric_value BETWEEN '-1e100'::float8 AND '1e100'::float8)
);
COMMENT ON TABLE system_metrics IS 'Telemetry samples. No unique key: positions in stream_positions remove duplicates, and COPY stays COPY.';
COMMENT ON CONSTRAINT metric_value_finite ON system_metrics IS 'PostgreSQL accepts NaN and Infinity as float8, and one of them would spoil every average it is rolled up into for good.';
SELECT create_hypertable('system_metrics', by_range('time', INTERVAL '1 day'), create_default_indexes => false);

CREATE TABLE measurements (
  time timestamptz NOT NULL,
  inspection_id uuid NOT NULL,
  event_id uuid NOT NULL,
  name varchar(200) NOT NULL,
  value double precision,
  unit varchar(50),
  lower_limit double precision,
  upper_limit double precision
);
COMMENT ON TABLE measurements IS 'Measured values of inspections. One belongs to the attempt whose event_ids contains its event_id.';
COMMENT ON COLUMN measurements.time IS 'occurred_at of the event.';
COMMENT ON COLUMN measurements.value IS 'Null = the machine reported that it has no value; never 0.';
COMMENT ON COLUMN measurements.lower_limit IS 'As tested, from the machine; the specification in force is in parameters.';
SELECT create_hypertable('measurements', by_range('time', INTERVAL '30 days'), create_default_indexes => false);
`);
  }
}
