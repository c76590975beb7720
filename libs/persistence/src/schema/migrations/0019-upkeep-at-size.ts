import { ACCOUNTS, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Upkeep of a large database: retention by chunk, even under legal holds, a record of what it deleted, audit streams by
 * role, and the index that pages of lots walk. Not a single transaction, because indexes are built without blocking the
 * load: each statement gives the same result when it runs again.
 */
export class UpkeepAtSize extends SchemaMigration {
  static override readonly tables: Tables = {
    retention_deletions: { select: READERS },
    audit_writers: { select: ACCOUNTS },
  };
  override name = '0019-upkeep-at-size';

  override isTransactional(): boolean {
    return false;
  }

  override async up(): Promise<void> {
    await this.createIndexConcurrently('idx_lots_page', 'ON lots (created_at DESC, id DESC)');
    // Only for retention, which may be slow, so that it costs the load next to nothing.
    await this.createIndexConcurrently(
      'idx_inspection_attempts_age',
      'ON inspection_attempts USING brin (occurred_at)',
    );
    await this.execute(`
-- Vacuum cuts off the emptied end of a queue under an exclusive lock; replayed on a standby it ends every reader there.
ALTER TABLE metrics_delta SET (vacuum_truncate = off);
ALTER TABLE yield_delta SET (vacuum_truncate = off);

CREATE TABLE IF NOT EXISTS retention_deletions (
  table_name varchar(100) NOT NULL,
  day date NOT NULL,
  rows bigint NOT NULL DEFAULT 0,
  chunks bigint NOT NULL DEFAULT 0,
  older_than timestamptz NOT NULL,
  PRIMARY KEY (table_name, day)
) WITH (fillfactor = 50);
COMMENT ON TABLE retention_deletions IS 'What retention deleted, per table and day (UTC) of the deletion; kept without end.';
COMMENT ON COLUMN retention_deletions.rows IS 'Deleted one by one. The rows of dropped chunks are not counted: to count them means to read them.';
COMMENT ON COLUMN retention_deletions.older_than IS 'The greatest bound of that day: what was deleted is older, by the time that the retention of the table goes by.';

CREATE OR REPLACE FUNCTION drop_old_chunks(p_table text, p_cutoff timestamptz, p_limit integer DEFAULT 10) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  chunk record;
  only_held boolean;
  held bigint;
  dropped bigint := 0;
BEGIN
  -- No hold is placed or lifted until this has committed.
  LOCK TABLE legal_holds IN SHARE MODE;
  IF NOT EXISTS (SELECT FROM legal_holds) THEN
    SELECT count(*) INTO dropped FROM drop_chunks(p_table::regclass, older_than => p_cutoff);
    RETURN dropped;
  END IF;
  CREATE TEMPORARY TABLE IF NOT EXISTS held_inspections (id uuid PRIMARY KEY) ON COMMIT DROP;
  TRUNCATE held_inspections;
  INSERT INTO held_inspections SELECT i.id FROM inspections AS i JOIN legal_holds USING (lot_id);
  ANALYZE held_inspections;
  FOR chunk IN
    SELECT format('%I.%I', chunk_schema, chunk_name) AS name, range_start, range_end
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'public' AND hypertable_name = p_table AND range_end <= p_cutoff ORDER BY range_start
  LOOP
    EXIT WHEN dropped >= p_limit;
    -- What an earlier run left of a chunk stays as it is.
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s AS m WHERE NOT EXISTS (SELECT FROM held_inspections AS h WHERE h.id = m.inspection_id))', chunk.name)
      INTO only_held;
    CONTINUE WHEN only_held;
    EXECUTE format('CREATE TEMPORARY TABLE set_aside ON COMMIT DROP AS SELECT m.* FROM held_inspections AS h JOIN %s AS m ON m.inspection_id = h.id', chunk.name);
    GET DIAGNOSTICS held = ROW_COUNT;
    PERFORM drop_chunks(p_table::regclass, older_than => chunk.range_end, newer_than => chunk.range_start);
    IF held > 0 THEN
      EXECUTE format('INSERT INTO %I SELECT * FROM set_aside', p_table);
    END IF;
    DROP TABLE set_aside;
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
COMMENT ON FUNCTION drop_old_chunks IS 'Drops the chunks of a hypertable with an inspection_id that end before p_cutoff, at most p_limit of them under a legal hold: rows of held lots are set aside and stored again, in a chunk of their own.';

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
  IF p_table NOT IN ('system_metrics', 'inspection_events') THEN
    LOCK TABLE legal_holds IN SHARE MODE;
  END IF;
  CASE p_table
    WHEN 'system_metrics' THEN
      cutoff := cutoff - late_margin();
      SELECT count(*) INTO removed FROM drop_chunks('system_metrics', older_than => cutoff);
    WHEN 'inspection_events' THEN
      DELETE FROM inspection_events WHERE event_id = ANY (ARRAY(
        SELECT event_id FROM inspection_events WHERE received_at < cutoff ORDER BY received_at LIMIT p_limit));
      GET DIAGNOSTICS removed = ROW_COUNT;
    WHEN 'measurements' THEN
      removed := drop_old_chunks('measurements', cutoff);
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
COMMENT ON FUNCTION apply_retention IS 'Deletes at most p_limit rows (or whole chunks) that are older than the setting and on no legal hold, and notes it in retention_deletions; returns how many. Roll-ups and yield_daily keep what they counted. Definer: only the owner may drop chunks.';

CREATE TABLE IF NOT EXISTS audit_writers (
  role_name name NOT NULL,
  stream varchar(100) NOT NULL,
  PRIMARY KEY (role_name, stream)
);
COMMENT ON TABLE audit_writers IS 'Which streams of the audit trail a role may append to; the owner may append to all of them.';
INSERT INTO audit_writers VALUES ('chip_api', 'api') ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION append_audit(p_stream text, p_actor text, p_action text, p_subject text, p_reason text, p_old jsonb, p_new jsonb)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  -- A definer's current_user is the owner: who calls is the role set by SET ROLE, or else the one that logged in.
  caller name := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  head audit_heads;
  entry audit_log;
BEGIN
  IF NOT pg_has_role(caller, current_user, 'MEMBER') AND NOT EXISTS (
    SELECT FROM audit_writers JOIN pg_roles ON rolname = role_name WHERE stream = p_stream AND pg_has_role(caller, rolname, 'MEMBER'))
  THEN
    RAISE EXCEPTION '% may not append to the audit stream %', caller, p_stream USING ERRCODE = '42501';
  END IF;
  INSERT INTO audit_heads (stream, seq, hash, first_previous_hash)
  VALUES (p_stream, 0, sha256(convert_to(p_stream, 'UTF8')), sha256(convert_to(p_stream, 'UTF8'))) ON CONFLICT DO NOTHING;
  -- The row lock orders the writers of a stream; it is held until the change that is audited commits.
  SELECT * INTO head FROM audit_heads WHERE stream = p_stream FOR UPDATE;
  entry := ROW(p_stream, head.seq + 1, clock_timestamp(), p_actor, p_action, p_subject, p_reason, p_old, p_new, head.hash, NULL);
  entry.hash := audit_entry_hash(entry);
  INSERT INTO audit_log SELECT entry.*;
  UPDATE audit_heads SET seq = entry.seq, hash = entry.hash WHERE stream = p_stream;
  RETURN entry.seq;
END $$;
COMMENT ON FUNCTION append_audit IS 'The one way to write audit_log, in the transaction of the change itself. Definer: its callers have no INSERT of their own. A role appends to its own streams only (audit_writers).';
`);
  }
}
