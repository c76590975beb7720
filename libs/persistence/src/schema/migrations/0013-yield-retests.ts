import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * The attempts of units that were tested more than once. What a unit counts for in a range depends on its attempts there;
 * a unit with one attempt counts for it in every range. So the insertions of `yield_daily`, minus the attempts in this
 * table, plus the chosen attempt of each of its units, give final and first-pass yield of any range without reading the
 * attempts of the many units that were tested once.
 */
export class YieldRetests extends SchemaMigration {
  static override readonly tables: Tables = {
    yield_retests: { select: READERS },
  };
  override name = '0013-yield-retests';

  override up(): void {
    const key = 'inspection_id, step, attempt_key';
    const facts = 'completed_at, occurred_at, event_id, result, inspection_type, product, equipment_id, lot_id';
    const prefixed = (table: string, columns = facts): string => columns.replaceAll(/\w+/g, `${table}.$&`);
    // The same condition as for the insertions of yield_daily.
    const counted = (row: string): string =>
      `${row}.status = 'completed' AND ${row}.result IS NOT NULL AND ${row}.completed_at IS NOT NULL`;
    // By primary key, one unit after the other: OFFSET 0 keeps the condition from choosing another index, and the
    // setting prevents a full scan of a small table. A session keeps its plan while the table grows.
    const attemptsOf = (unit: string): string =>
      `${unit} CROSS JOIN LATERAL (SELECT * FROM inspection_attempts WHERE inspection_id = ${unit}.inspection_id OFFSET 0) AS a WHERE ${counted('a')}`;
    const settings = 'SET search_path = public, pg_temp SET enable_seqscan = off';
    const testedTwice = `
    SELECT a.inspection_id FROM (SELECT DISTINCT inspection_id FROM new_rows) AS ${attemptsOf('touched')}
    GROUP BY a.inspection_id HAVING count(*) > 1`;
    const store = (units: string): string => `
  INSERT INTO yield_retests (${key}, ${facts})
  SELECT ${prefixed('a', key)}, ${prefixed('a')} FROM (${units}) AS ${attemptsOf('unit')}
  ON CONFLICT (${key}) DO UPDATE SET (${facts}) = (${prefixed('excluded')})
  WHERE (${prefixed('yield_retests')}) IS DISTINCT FROM (${prefixed('excluded')})`;

    this.addSql(`
CREATE TABLE yield_retests (
  inspection_id uuid NOT NULL,
  step varchar(100) NOT NULL,
  attempt_key varchar(140) NOT NULL,
  completed_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL,
  event_id uuid NOT NULL,
  result varchar(4) NOT NULL,
  inspection_type inspection_type_enum NOT NULL,
  product varchar(100),
  equipment_id varchar(100),
  lot_id uuid NOT NULL,
  PRIMARY KEY (${key})
) WITH (fillfactor = 90);
COMMENT ON TABLE yield_retests IS 'Copies of the counted attempts (completed, not voided) of every unit that ever had more than one. With the insertions of yield_daily they give final and first-pass yield of any range. Kept by triggers on inspection_attempts; retention leaves it alone, as it does yield_daily.';
COMMENT ON COLUMN yield_retests.step IS 'A unit with several steps has several attempts, too.';
CREATE INDEX idx_yield_retests_completed ON yield_retests (completed_at);
CREATE INDEX idx_yield_retests_lot ON yield_retests (lot_id, completed_at);

CREATE FUNCTION record_yield_retests_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${settings} AS $$
BEGIN ${store(testedTwice)};
  RETURN NULL;
END $$;
CREATE FUNCTION record_yield_retests_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${settings} AS $$
BEGIN
  DELETE FROM yield_retests AS kept USING new_rows AS n
  WHERE (kept.inspection_id, kept.step, kept.attempt_key) = (n.inspection_id, n.step, n.attempt_key) AND NOT coalesce(${counted('n')}, false);
  -- What is left of a unit whose other attempt was withdrawn is kept up to date as well.${store(`
    SELECT inspection_id FROM (${testedTwice}
    UNION SELECT kept.inspection_id FROM yield_retests AS kept JOIN new_rows USING (inspection_id)) AS retested`)};
  RETURN NULL;
END $$;

-- As for yield_daily: the lock keeps writers out until the triggers and what they missed commit together.
LOCK TABLE inspection_attempts IN SHARE ROW EXCLUSIVE MODE;
CREATE TRIGGER yield_retests_insert AFTER INSERT ON inspection_attempts REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_yield_retests_insert();
CREATE TRIGGER yield_retests_update AFTER UPDATE ON inspection_attempts REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION record_yield_retests_update();
COMMENT ON TRIGGER yield_retests_update ON inspection_attempts IS 'Keeps yield_retests. Two sessions that add attempts to one unit must not overlap: the load holds the row of inspections.';
${store(`SELECT a.inspection_id FROM inspection_attempts AS a WHERE ${counted('a')} GROUP BY 1 HAVING count(*) > 1`)};
`);
  }
}
