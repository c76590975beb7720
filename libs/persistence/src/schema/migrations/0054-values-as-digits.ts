import { type Functions, grantAlike, READERS, type Tables } from '../declarations.ts';
import { applyRetention, packMeasurements } from './0023-measurement-vectors.ts';
import { MARK_PACKED } from './0046-measured-by-day.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Measured values as what a machine writes: decimal digits, in 4 bytes where a double takes 8. `measurement_vectors` becomes
 * a view with the columns that it had as a table, so that services of the version before go on, those that read as well as
 * those that write.
 */
export class ValuesAsDigits extends SchemaMigration {
  static override readonly tables: Tables = {
    measurement_values: { select: READERS, insert: ['chip_writer'] },
  };
  static override readonly functions: Functions = { digits_of: ['chip_writer'] };
  override name = '0054-values-as-digits';

  override async up(): Promise<void> {
    this.addSql(TABLE);
    this.addSql(await this.digitsInTheRow());
    this.addSql(VIEWS);
    this.addSql(INSERTS);
    this.addSql(applyRetention('measurement_values'));
    // The same again, for sessions that know it already: its variables have the type of the table of that name.
    this.addSql(packMeasurements('CREATE OR REPLACE', MARK_PACKED));
    this.addSql(grantAlike('measurement_values', 'measurement_vectors'));
  }

  /**
   * In the row while they fit: a value of one parameter costs one read. PostgreSQL 15 cannot say so where a column is added,
   * and a hypertable that compresses takes it nowhere else; there, events of more than 500 values lie beside the row.
   */
  private async digitsInTheRow(): Promise<string> {
    const [server] = (await this.execute(`SELECT current_setting('server_version_num')::int AS version`)) as [
      { version: number },
    ];
    return `ALTER TABLE measurement_values ADD COLUMN digits integer[]${server.version < 160_000 ? '' : ' STORAGE MAIN'};`;
  }
}

/**
 * A quotient of two numbers that a double holds exactly is rounded once, as reading the decimal text is, so both give the
 * same double. A power of ten is exact up to 22.
 */
const TABLE = `
ALTER TABLE measurement_vectors RENAME TO measurement_values;
ALTER TABLE measurement_values ALTER COLUMN values DROP NOT NULL;
ALTER TABLE measurement_values ADD COLUMN decimals smallint;
COMMENT ON TABLE measurement_values IS 'Measured values of inspections, one row per event, in one of two forms. One belongs to the attempt whose event_ids contains its event_id. The view measurement_vectors shows the values, the view measurements one row per value.';
COMMENT ON COLUMN measurement_values.values IS 'Null = the row has digits. A null in it = the machine reported that it has no value; never 0.';
COMMENT ON COLUMN measurement_values.decimals IS 'Value n is digits[n] / 10 ^ decimals, exactly the double that the decimal number means.';
`;

const VIEWS = `
COMMENT ON COLUMN measurement_values.digits IS 'Null = the row has values, because a value has more digits than an integer holds. A null in it = the machine reported that it has no value.';

CREATE VIEW measurement_vectors AS
SELECT v.time, v.inspection_id, v.event_id, v.set_id,
  coalesce(v.values, ARRAY(SELECT d.digits / (10::double precision ^ v.decimals) FROM unnest(v.digits) AS d (digits))) AS values
FROM measurement_values AS v;
COMMENT ON VIEW measurement_vectors IS 'Measured values of inspections as an array per event, whichever form they are stored in.';
COMMENT ON COLUMN measurement_vectors.values IS 'Null = the machine reported that it has no value; never 0.';

CREATE OR REPLACE VIEW measurements AS
SELECT time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit FROM measurement_rows
UNION ALL
SELECT v.time, v.inspection_id, v.event_id, m.name, coalesce(m.value, m.digits / (10::double precision ^ v.decimals)), m.unit, m.lower_limit, m.upper_limit
FROM measurement_values AS v JOIN measurement_sets AS s ON s.id = v.set_id
CROSS JOIN LATERAL unnest(s.names, v.values, v.digits, s.units, s.lower_limits, s.upper_limits) AS m (name, value, digits, unit, lower_limit, upper_limit);
COMMENT ON VIEW measurements IS 'Measured values of inspections, one row each. Conditions on time and inspection_id reach the tables behind it; a join does not: there, ask measurement_rows and measurement_values.';
`;

/** For writers of the version before, for pack_measurements, and for people. */
const INSERTS = `
CREATE FUNCTION digits_of(p_values double precision[], OUT decimals smallint, OUT digits integer[])
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  power double precision;
BEGIN
  FOR places IN 0..9 LOOP
    power := 10::double precision ^ places;
    IF NOT EXISTS (SELECT FROM unnest(p_values) AS u (value)
      WHERE abs(value) * power > 2147483647 OR round(value * power) / power <> value OR value::text = '-0') THEN
      decimals := places;
      digits := ARRAY(SELECT round(value * power)::integer FROM unnest(p_values) AS u (value));
      RETURN;
    END IF;
    EXIT WHEN EXISTS (SELECT FROM unnest(p_values) AS u (value) WHERE abs(value) * power > 2147483647);
  END LOOP;
END $$;
COMMENT ON FUNCTION digits_of IS 'Values as digits and decimals (measurement_values); both null if a value has no such form.';

CREATE FUNCTION insert_measurement_vector() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  d record := public.digits_of(NEW.values);
BEGIN
  INSERT INTO public.measurement_values (time, inspection_id, event_id, set_id, values, decimals, digits)
  VALUES (NEW.time, NEW.inspection_id, NEW.event_id, NEW.set_id, CASE WHEN d.digits IS NULL THEN NEW.values END, d.decimals, d.digits);
  RETURN NEW;
END $$;
COMMENT ON FUNCTION insert_measurement_vector IS 'Stores what is inserted into measurement_vectors in the smaller form that holds it.';
CREATE TRIGGER insert_measurement_vector INSTEAD OF INSERT ON measurement_vectors FOR EACH ROW EXECUTE FUNCTION insert_measurement_vector();
`;
