import { type Functions, grantAlike, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Measurements of an event as one row: its values in order, next to a dictionary of the names, units and limits that
 * many events share. Existing rows stay; `measurements` becomes a view of both, and pack_measurements turns rows into
 * vectors in the background. Writers of the previous version keep working: what they copy into the view becomes rows.
 */
export class MeasurementVectors extends SchemaMigration {
  static override readonly tables: Tables = {
    // Writers of the previous version insert into the view, whose trigger inserts into the rows.
    measurement_rows: { select: READERS, insert: ['chip_writer'] },
    measurement_vectors: { select: READERS, insert: ['chip_writer'] },
    measurement_sets: { select: READERS },
    measurement_packing: { select: READERS },
  };
  static override readonly functions: Functions = {
    store_measurement_sets: ['chip_writer'],
    prune_measurement_sets: ['chip_writer'],
    pack_measurements: ['chip_writer'],
  };
  override name = '0023-measurement-vectors';

  override up(): void {
    this.addSql(TABLES);
    this.addSql(VIEW);
    this.addSql(SETS);
    this.addSql(PACKING);
    this.addSql(applyRetention('measurement_vectors'));
  }
}

const TABLES = `
ALTER TABLE measurements RENAME TO measurement_rows;
COMMENT ON TABLE measurement_rows IS 'Measurements as rows: from versions that wrote no vectors, and from inserts into the view measurements. Packed into measurement_vectors in the background.';

CREATE TABLE measurement_sets (
  id uuid PRIMARY KEY,
  names varchar(200)[] NOT NULL CHECK (cardinality(names) > 0 AND array_position(names, NULL) IS NULL),
  units varchar(50)[] NOT NULL CHECK (cardinality(units) = cardinality(names)),
  lower_limits double precision[] NOT NULL CHECK (cardinality(lower_limits) = cardinality(names)),
  upper_limits double precision[] NOT NULL CHECK (cardinality(upper_limits) = cardinality(names))
);
COMMENT ON TABLE measurement_sets IS 'Names, units and limits of the measurements of an event, in its order: one row for all events that share them. Written by store_measurement_sets only, never changed.';
COMMENT ON COLUMN measurement_sets.id IS 'From the content (measurement_set_id).';
COMMENT ON COLUMN measurement_sets.lower_limits IS 'As tested, from the machine; the specification in force is in parameters.';
CREATE INDEX idx_measurement_sets_names ON measurement_sets USING gin (names);

CREATE TABLE measurement_vectors (
  time timestamptz NOT NULL,
  inspection_id uuid NOT NULL,
  event_id uuid NOT NULL,
  set_id uuid NOT NULL,
  values double precision[] NOT NULL
);
COMMENT ON TABLE measurement_vectors IS 'Measured values of inspections, one row per event. One belongs to the attempt whose event_ids contains its event_id. The view measurements shows one row per value.';
COMMENT ON COLUMN measurement_vectors.time IS 'completed_at of the event, else its occurred_at.';
COMMENT ON COLUMN measurement_vectors.set_id IS 'Says what each value is: position n here is position n there. No foreign key, which would cost the load a look per row.';
COMMENT ON COLUMN measurement_vectors.values IS 'Null = the machine reported that it has no value; never 0.';
-- In the row while they fit: a value of one parameter costs one read.
ALTER TABLE measurement_vectors ALTER COLUMN values SET STORAGE MAIN;
SELECT create_hypertable('measurement_vectors', by_range('time', INTERVAL '30 days'), create_default_indexes => false);
CREATE INDEX idx_measurement_vectors_inspection ON measurement_vectors (inspection_id);
CREATE INDEX idx_measurement_vectors_set ON measurement_vectors (set_id, time DESC);
`;

const VIEW = `
CREATE VIEW measurements AS
SELECT time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit FROM measurement_rows
UNION ALL
SELECT v.time, v.inspection_id, v.event_id, m.name, m.value, m.unit, m.lower_limit, m.upper_limit
FROM measurement_vectors AS v JOIN measurement_sets AS s ON s.id = v.set_id
CROSS JOIN LATERAL unnest(s.names, v.values, s.units, s.lower_limits, s.upper_limits) AS m (name, value, unit, lower_limit, upper_limit);
COMMENT ON VIEW measurements IS 'Measured values of inspections, one row each. Conditions on time and inspection_id reach the tables behind it; a join does not: there, ask measurement_rows and measurement_vectors.';
COMMENT ON COLUMN measurements.value IS 'Null = the machine reported that it has no value; never 0.';

CREATE FUNCTION insert_measurement() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.measurement_rows (time, inspection_id, event_id, name, value, unit, lower_limit, upper_limit)
  VALUES (NEW.time, NEW.inspection_id, NEW.event_id, NEW.name, NEW.value, NEW.unit, NEW.lower_limit, NEW.upper_limit);
  RETURN NEW;
END $$;
COMMENT ON FUNCTION insert_measurement IS 'Lets writers of the version before, and people, go on inserting into measurements.';
CREATE TRIGGER insert_measurement INSTEAD OF INSERT ON measurements FOR EACH ROW EXECUTE FUNCTION insert_measurement();

${grantAlike('measurement_rows', 'measurements')}`;

/**
 * A transaction that stores vectors holds their sets with a key share lock until it commits; pruning takes only sets
 * that no transaction holds, and checks for vectors again once it has the lock. So a set outlives its last vector,
 * never vice versa.
 */
const SETS = `
CREATE FUNCTION measurement_set_id(names varchar[], units varchar[], lower_limits double precision[], upper_limits double precision[])
RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(substr(sha256(convert_to(names::text || units::text, 'UTF8') || array_send(lower_limits) || array_send(upper_limits)), 1, 16), 'hex')::uuid
$$;
COMMENT ON FUNCTION measurement_set_id IS 'Id of a set: 128 bits of a hash of its content, so that writers agree without asking each other.';

CREATE FUNCTION hold_measurement_sets(p_sets measurement_sets[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT DISTINCT id FROM unnest(p_sets));
  held bigint;
BEGIN
  LOOP
    SELECT count(*) INTO held FROM (SELECT FROM measurement_sets WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE) AS locked;
    EXIT WHEN held = cardinality(ids);
    -- In the order of their ids, as every other writer does: neither waits for the other.
    INSERT INTO measurement_sets SELECT DISTINCT ON (id) * FROM unnest(p_sets) ORDER BY id ON CONFLICT (id) DO NOTHING;
  END LOOP;
END $$;
COMMENT ON FUNCTION hold_measurement_sets IS 'Stores what is missing of these sets, and keeps all of them until the transaction ends.';

CREATE FUNCTION store_measurement_sets(p_sets json) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  sets measurement_sets[];
BEGIN
  SELECT array_agg(ROW(measurement_set_id(names, units, lower_limits, upper_limits), names, units, lower_limits, upper_limits)::measurement_sets ORDER BY place)
    INTO sets FROM json_populate_recordset(NULL::measurement_sets, p_sets) WITH ORDINALITY AS s (id, names, units, lower_limits, upper_limits, place);
  PERFORM hold_measurement_sets(sets);
  RETURN QUERY SELECT id FROM unnest(sets) WITH ORDINALITY AS s (id, names, units, lower_limits, upper_limits, place) ORDER BY place;
END $$;
COMMENT ON FUNCTION store_measurement_sets IS 'For a flush: p_sets is an array of {names, units, lower_limits, upper_limits}. Returns their ids in its order, which hold until the transaction ends.';

CREATE FUNCTION prune_measurement_sets(p_limit integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  unused uuid[];
  pruned bigint;
BEGIN
  -- One look at an index per set and chunk, instead of every vector.
  SELECT array_agg(id) INTO unused FROM (
    SELECT id FROM measurement_sets AS s
    WHERE (SELECT v.set_id FROM measurement_vectors AS v WHERE v.set_id = s.id LIMIT 1) IS NULL
    LIMIT p_limit FOR UPDATE SKIP LOCKED) AS candidate;
  -- A statement of its own, which sees what was committed before the locks were taken.
  DELETE FROM measurement_sets AS s WHERE id = ANY (unused)
    AND (SELECT v.set_id FROM measurement_vectors AS v WHERE v.set_id = s.id LIMIT 1) IS NULL;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $$;
COMMENT ON FUNCTION prune_measurement_sets IS 'Deletes at most p_limit sets that no vector uses any more. Returns how many.';
`;

/** @param also what else to do with the packed `vectors`, in the same transaction */
export const packMeasurements = (create: 'CREATE' | 'CREATE OR REPLACE', also = ''): string => `
${create} FUNCTION pack_measurements(p_blocks integer DEFAULT 256, p_rest interval DEFAULT '15 minutes') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s'
-- Statistics of a chunk that is being emptied say nothing: always by index, never the whole chunk for one step.
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  part record;
  progress measurement_packing;
  has_rows boolean;
  packed bigint;
  vectors measurement_vectors[];
  sets measurement_sets[];
BEGIN
  -- One caller at a time.
  LOCK TABLE measurement_packing IN SHARE ROW EXCLUSIVE MODE;
  FOR part IN
    SELECT format('%I.%I', chunk_schema, chunk_name) AS name, range_start, range_end FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'public' AND hypertable_name = 'measurement_rows' ORDER BY range_start
  LOOP
    INSERT INTO measurement_packing (chunk, next_block) VALUES (part.name, 0) ON CONFLICT DO NOTHING;
    SELECT * INTO progress FROM measurement_packing AS p WHERE p.chunk = part.name;
    -- Resting: the next chunk meanwhile.
    CONTINUE WHEN progress.empty_since > clock_timestamp() - p_rest
      OR EXISTS (SELECT FROM pg_locks WHERE locktype = 'virtualxid' AND virtualtransaction = ANY (progress.readers));

    IF progress.next_block * current_setting('block_size')::bigint < pg_relation_size(part.name::regclass) THEN
      EXECUTE format($pack$
        WITH event AS MATERIALIZED (
          SELECT DISTINCT time, inspection_id, event_id FROM %1$s WHERE ctid >= $1 AND ctid < $2
        ), taken AS (
          DELETE FROM %1$s AS r USING event AS e
          WHERE r.inspection_id = e.inspection_id AND r.event_id = e.event_id AND r.time = e.time
          RETURNING r.ctid AS place, r.time, r.inspection_id, r.event_id, r.name, r.value, r.unit, r.lower_limit, r.upper_limit
        ), listed AS (
          SELECT time, inspection_id, event_id, array_agg(name ORDER BY place) AS names, array_agg(value ORDER BY place) AS values,
            array_agg(unit ORDER BY place) AS units, array_agg(lower_limit ORDER BY place) AS lower_limits, array_agg(upper_limit ORDER BY place) AS upper_limits
          FROM taken GROUP BY 1, 2, 3
        ), vector AS MATERIALIZED (
          SELECT *, measurement_set_id(names, units, lower_limits, upper_limits) AS set_id FROM listed
        )
        SELECT (SELECT count(*) FROM taken),
          (SELECT array_agg(ROW(time, inspection_id, event_id, set_id, values)::measurement_vectors) FROM vector),
          (SELECT array_agg(ROW(set_id, names, units, lower_limits, upper_limits)::measurement_sets)
             FROM (SELECT DISTINCT ON (set_id) * FROM vector) AS one)
      $pack$, part.name) INTO packed, vectors, sets
      USING format('(%s,0)', progress.next_block)::tid, format('(%s,0)', progress.next_block + p_blocks)::tid;
      IF packed > 0 THEN
        PERFORM hold_measurement_sets(sets);
        INSERT INTO measurement_vectors (time, inspection_id, event_id, set_id, values)
        SELECT time, inspection_id, event_id, set_id, values FROM unnest(vectors);${also}
      END IF;
      UPDATE measurement_packing AS p SET next_block = p.next_block + p_blocks, empty_since = NULL, readers = NULL WHERE p.chunk = part.name;
      RETURN packed;
    END IF;

    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part.name) INTO has_rows;
    IF NOT has_rows AND progress.empty_since IS NOT NULL THEN
      -- No row comes in any more; readers are not held up until the drop itself.
      EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', part.name);
      EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part.name) INTO has_rows;
      IF NOT has_rows THEN
        PERFORM drop_chunks('measurement_rows', older_than => part.range_end, newer_than => part.range_start);
        DELETE FROM measurement_packing AS p WHERE p.chunk = part.name;
        RETURN 0;
      END IF;
    END IF;
    -- Whatever came behind the packing is packed in another pass.
    UPDATE measurement_packing AS p SET next_block = CASE WHEN has_rows THEN 0 ELSE p.next_block END,
      empty_since = CASE WHEN has_rows THEN NULL ELSE clock_timestamp() END,
      readers = CASE WHEN has_rows THEN NULL ELSE ARRAY(SELECT virtualtransaction FROM pg_locks WHERE locktype = 'virtualxid' AND pid <> pg_backend_pid()) END
    WHERE p.chunk = part.name;
    RETURN 0;
  END LOOP;
  -- Chunks that retention has dropped.
  DELETE FROM measurement_packing AS p WHERE to_regclass(p.chunk) IS NULL;
  RETURN NULL;
END $$;`;

/**
 * Rows move in the transaction that stores their vector, so that every snapshot sees each measurement once. Only the chunk
 * itself is dropped by DDL, from which a snapshot does not protect: the drop waits until no transaction is left that
 * could still see its rows, and for readers of a standby a while longer.
 */
const PACKING = `
CREATE TABLE measurement_packing (
  chunk text PRIMARY KEY,
  next_block bigint NOT NULL,
  empty_since timestamptz,
  readers text[]
);
COMMENT ON TABLE measurement_packing IS 'How far pack_measurements is in the chunk of measurement_rows that it works on.';
COMMENT ON COLUMN measurement_packing.next_block IS 'Rows of the blocks before it are packed, but for those that came later.';
COMMENT ON COLUMN measurement_packing.readers IS 'Transactions (virtual ids) that were open when the chunk was found empty.';

${packMeasurements('CREATE')}
COMMENT ON FUNCTION pack_measurements IS 'One step: packs the events with rows in the next p_blocks blocks of a chunk of measurement_rows, or drops a chunk that has been empty for p_rest. Returns how many rows it packed; null when nothing is left to do for now. Definer: only the owner may touch chunks.';
`;

/** @param vectors the hypertable of the vectors */
export const applyRetention = (vectors: string): string => `
CREATE OR REPLACE FUNCTION apply_retention(p_table text, p_limit integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  cutoff timestamptz;
  removed bigint := 0;
  by_chunk boolean := p_table IN ('system_metrics', 'measurements');
BEGIN
  SELECT now() - keep INTO cutoff FROM retention_settings WHERE table_name = p_table;
  IF cutoff IS NULL THEN RETURN 0; END IF;
  -- A hold that is being placed is waited for, and none is placed between the check and the deletion.
  IF p_table <> 'system_metrics' THEN
    LOCK TABLE legal_holds IN SHARE MODE;
  END IF;
  CASE p_table
    WHEN 'system_metrics' THEN
      cutoff := cutoff - late_margin();
      SELECT count(*) INTO removed FROM drop_chunks('system_metrics', older_than => cutoff);
    WHEN 'inspection_events' THEN
      IF NOT EXISTS (SELECT FROM legal_holds) THEN
        DELETE FROM inspection_events WHERE event_id = ANY (ARRAY(
          SELECT event_id FROM inspection_events WHERE received_at < cutoff ORDER BY received_at LIMIT p_limit));
      ELSE
        -- One look at the inspection of each old event, whatever the planner knows about holds.
        DELETE FROM inspection_events WHERE event_id = ANY (ARRAY(
          SELECT e.event_id FROM inspection_events AS e WHERE e.received_at < cutoff
          AND NOT EXISTS (SELECT FROM (SELECT lot_id FROM inspections WHERE id = e.inspection_id OFFSET 0) AS i JOIN legal_holds USING (lot_id))
          ORDER BY e.received_at LIMIT p_limit));
      END IF;
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'measurements' THEN
      removed := drop_old_chunks('measurement_rows', cutoff) + drop_old_chunks('${vectors}', cutoff);
    WHEN 'defects' THEN
      DELETE FROM defects WHERE ctid = ANY (ARRAY(
        SELECT d.ctid FROM defects AS d WHERE d.time < cutoff
        AND NOT EXISTS (SELECT FROM inspections AS i JOIN legal_holds USING (lot_id) WHERE i.id = d.inspection_id) LIMIT p_limit));
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'inspection_attempts' THEN
      -- Never the attempt that inspections shows as the current one.
      DELETE FROM inspection_attempts WHERE ctid = ANY (ARRAY(
        SELECT a.ctid FROM inspection_attempts AS a JOIN inspections AS i ON i.id = a.inspection_id
        WHERE a.occurred_at < cutoff AND (a.step, a.attempt_key) IS DISTINCT FROM (i.step, i.attempt_key)
        AND NOT EXISTS (SELECT FROM legal_holds AS h WHERE h.lot_id = a.lot_id) LIMIT p_limit));
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'audit_log' THEN
      -- Entries do not tell which lot they are about: any hold keeps them all.
      IF NOT EXISTS (SELECT FROM legal_holds) THEN
        removed := prune_audit(cutoff, p_limit);
      END IF;
    ELSE
      RAISE EXCEPTION 'there is no retention for %', p_table USING ERRCODE = '22023';
  END CASE;
  IF removed > 0 THEN
    INSERT INTO retention_deletions AS kept (table_name, day, rows, chunks, older_than)
    VALUES (p_table, (now() AT TIME ZONE 'UTC')::date, CASE WHEN by_chunk THEN 0 ELSE removed END, CASE WHEN by_chunk THEN removed ELSE 0 END, cutoff)
    ON CONFLICT (table_name, day) DO UPDATE SET rows = kept.rows + excluded.rows, chunks = kept.chunks + excluded.chunks,
      older_than = greatest(kept.older_than, excluded.older_than);
  END IF;
  RETURN removed;
END $$;
`;
