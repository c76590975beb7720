import { ACCOUNTS, type Functions, READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * The audit trail: who, what, when, why, old and new value, hash-chained per stream.
 *
 * What the chain proves: an entry that was changed, removed, swapped or inserted breaks it at that place. What it cannot
 * prove alone: that no one cut off the tail together with the head, or rewrote the whole chain as owner of the
 * database. For that the head is kept outside: the maintenance logs it, and `audit verify` compares.
 */
export class Audit extends SchemaMigration {
  static override readonly tables: Tables = {
    audit_log: { select: [...ACCOUNTS, 'chip_operator'], retention: { everyMs: 600_000 } },
    audit_heads: { select: READERS },
    reports: { select: ACCOUNTS, insert: ['chip_api'] },
    parameters: { select: READERS, insert: ['chip_api'] },
  };
  static override readonly functions: Functions = {
    audit_entry_hash: ['chip_api', 'chip_reader'],
    append_audit: ['chip_api', 'chip_operator'],
    verify_audit: ['chip_api', 'chip_reader'],
  };
  override name = '0010-audit';

  override up(): void {
    this.addSql(`
CREATE TABLE audit_log (
  stream varchar(100) NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  actor varchar(200) NOT NULL CHECK (actor <> ''),
  action varchar(100) NOT NULL CHECK (action <> ''),
  subject varchar(500) NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  old_value jsonb,
  new_value jsonb,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (stream, seq)
);
COMMENT ON TABLE audit_log IS 'Changes made by people and operators: through the API, by operator commands, by replay of dead letters. The load is not in it row by row: stream_positions and inspection_events are its trail. Written by append_audit only.';
COMMENT ON COLUMN audit_log.stream IS 'One hash chain each, for example api or operator.';
COMMENT ON COLUMN audit_log.seq IS '1, 2, 3 … without a gap within the stream.';
COMMENT ON COLUMN audit_log.at IS 'Server time.';
COMMENT ON COLUMN audit_log.subject IS 'What was changed, for example inspection:<id> or dead-letter:<key>.';
COMMENT ON COLUMN audit_log.hash IS 'SHA-256 over previous_hash and the entry as canonical JSON (audit_entry_hash).';
CREATE INDEX idx_audit_log_at ON audit_log (at DESC);
CREATE INDEX idx_audit_log_subject ON audit_log (subject, at DESC);

CREATE TABLE audit_heads (
  stream varchar(100) PRIMARY KEY,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  first_seq bigint NOT NULL DEFAULT 1,
  first_previous_hash bytea NOT NULL
);
COMMENT ON TABLE audit_heads IS 'Newest entry of each stream (shows a cut tail), and where the stream begins since retention removed its oldest entries.';

CREATE FUNCTION audit_entry_hash(entry audit_log) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  -- jsonb prints its keys in one fixed order and numbers as they were given, so its text is canonical.
  SELECT sha256(entry.previous_hash || convert_to(jsonb_build_object(
    'stream', entry.stream, 'seq', entry.seq, 'at', to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actor', entry.actor, 'action', entry.action, 'subject', entry.subject, 'reason', entry.reason,
    'old_value', entry.old_value, 'new_value', entry.new_value)::text, 'UTF8'))
$$;

CREATE FUNCTION append_audit(p_stream text, p_actor text, p_action text, p_subject text, p_reason text, p_old jsonb, p_new jsonb)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head audit_heads;
  entry audit_log;
BEGIN
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
COMMENT ON FUNCTION append_audit IS 'The one way to write audit_log, in the transaction of the change itself. Definer: its callers have no INSERT of their own.';

CREATE FUNCTION verify_audit(p_stream text) RETURNS TABLE (entries bigint, head_seq bigint, head_hash text, broken_seq bigint, problem text)
LANGUAGE sql STABLE AS $$
  WITH head AS (SELECT * FROM audit_heads WHERE stream = p_stream),
  chain AS (
    SELECT e.seq, e.hash, e.previous_hash, audit_entry_hash(e) AS computed,
      lag(e.hash, 1, head.first_previous_hash) OVER entries AS expected_previous,
      lag(e.seq, 1, head.first_seq - 1) OVER entries AS previous_seq
    FROM audit_log AS e LEFT JOIN head ON true WHERE e.stream = p_stream
    WINDOW entries AS (ORDER BY e.seq)
  ), problems AS (
    SELECT * FROM (
      SELECT seq, CASE
        WHEN seq <> previous_seq + 1 THEN format('entries %s to %s are missing', previous_seq + 1, seq - 1)
        WHEN computed <> hash THEN 'the entry is not what its hash was made of'
        WHEN previous_hash <> expected_previous THEN 'the entry does not follow the one before it'
        WHEN previous_seq IS NULL THEN 'the head of the stream is missing'
      END AS problem, CASE WHEN seq <> previous_seq + 1 THEN previous_seq + 1 ELSE seq END AS at_seq
      FROM chain
    ) AS checked WHERE problem IS NOT NULL
    UNION ALL
    SELECT NULL, 'the stream ends before its head: its tail was cut off', coalesce(max(chain.seq), head.first_seq - 1) + 1
    FROM head LEFT JOIN chain ON true GROUP BY head.seq, head.first_seq HAVING coalesce(max(chain.seq), head.first_seq - 1) < head.seq
    UNION ALL
    SELECT NULL, 'the last entry is not the head of the stream', chain.seq
    FROM chain JOIN head ON chain.seq = head.seq WHERE chain.hash <> head.hash
    UNION ALL
    SELECT NULL, 'the stream goes on after its head', head.seq + 1
    FROM head WHERE EXISTS (SELECT FROM chain WHERE chain.seq > head.seq)
  )
  SELECT (SELECT count(*) FROM chain), (SELECT seq FROM head), (SELECT encode(hash, 'hex') FROM head), first.at_seq, first.problem
  FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT at_seq, problem FROM problems ORDER BY at_seq LIMIT 1) AS first ON true
$$;
COMMENT ON FUNCTION verify_audit IS 'Walks a stream; broken_seq is the first entry that is wrong or missing, null when the chain is whole.';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Set for the length of one statement by the retention of audit_log, which keeps the chain verifiable.
  IF TG_OP = 'DELETE' AND current_setting('chip_quality.audit_retention', true) = TG_TABLE_NAME THEN RETURN OLD; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION prune_audit(p_before timestamptz, p_limit integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  removed bigint := 0;
  past bigint;
  head audit_heads;
BEGIN
  FOR head IN SELECT * FROM audit_heads ORDER BY stream FOR UPDATE LOOP
    -- A prefix, and never the last entry, so that the chain that is left still starts at a known hash.
    SELECT max(seq) INTO past FROM (
      SELECT seq FROM audit_log WHERE stream = head.stream AND seq < head.seq AND at < p_before ORDER BY seq LIMIT p_limit) AS old;
    CONTINUE WHEN past IS NULL;
    UPDATE audit_heads SET first_seq = past + 1, first_previous_hash = (SELECT hash FROM audit_log WHERE stream = head.stream AND seq = past)
    WHERE stream = head.stream;
    PERFORM set_config('chip_quality.audit_retention', 'audit_log', true);
    DELETE FROM audit_log WHERE stream = head.stream AND seq <= past;
    removed := removed + past - head.first_seq + 1;
    PERFORM set_config('chip_quality.audit_retention', '', true);
  END LOOP;
  RETURN removed;
END $$;
COMMENT ON FUNCTION prune_audit IS 'Retention of audit_log: removes the oldest entries of each stream and remembers where it now begins.';

CREATE TABLE reports (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar(200) NOT NULL CHECK (name <> ''),
  query varchar(200) NOT NULL,
  parameters jsonb NOT NULL,
  as_of jsonb NOT NULL,
  result json NOT NULL,
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  created_by varchar(200) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE reports IS 'Immutable answers: what was asked, of which data (as_of), and the result byte for byte.';
COMMENT ON COLUMN reports.query IS 'The route that was asked, for example /v1/yield.';
COMMENT ON COLUMN reports.result IS 'json, not jsonb: the text must stay as it was hashed.';
COMMENT ON COLUMN reports.sha256 IS 'Of the result text.';
CREATE INDEX idx_reports_created_at ON reports (created_at DESC, id DESC);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON reports FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE parameters (
  name varchar(200) NOT NULL,
  product varchar(100) NOT NULL DEFAULT '',
  valid_from timestamptz NOT NULL,
  unit varchar(50),
  lower_limit double precision,
  target double precision,
  upper_limit double precision,
  created_by varchar(200) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, product, valid_from),
  CONSTRAINT parameters_limits_in_order CHECK (lower_limit < upper_limit),
  CONSTRAINT parameters_limits_finite CHECK (
    lower_limit NOT IN ('NaN', 'Infinity', '-Infinity') AND upper_limit NOT IN ('NaN', 'Infinity', '-Infinity')
    AND target NOT IN ('NaN', 'Infinity', '-Infinity'))
);
COMMENT ON TABLE parameters IS 'Catalogue of measured parameters with their specification limits. A change is a new row; the row in force at a time is the one with the greatest valid_from up to then.';
COMMENT ON COLUMN parameters.product IS 'Empty = every product without a row of its own.';
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON parameters FOR EACH ROW EXECUTE FUNCTION refuse_change();
`);
  }
}
