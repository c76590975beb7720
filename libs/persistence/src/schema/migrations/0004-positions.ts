import { type Functions, READERS, type Role, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** The load, and people who decide about a partition that it has stopped. */
const MOVERS: readonly Role[] = ['chip_writer', 'chip_operator'];

/** Stream positions: the one mechanism behind "no acknowledged event lost, none applied twice". */
export class Positions extends SchemaMigration {
  static override readonly tables: Tables = {
    stream_positions: { select: [...READERS, 'chip_operator'], insert: MOVERS, update: MOVERS },
    stream_gaps: { select: [...READERS, 'chip_operator'], insert: MOVERS, update: ['chip_writer'] },
  };
  static override readonly functions: Functions = {
    init_position: MOVERS,
    move_position: ['chip_writer'],
    skip_gap: MOVERS,
    take_partition: ['chip_writer'],
  };
  override name = '0004-positions';

  override up(): void {
    this.addSql(`
CREATE TABLE stream_positions (
  source_topic varchar(249) NOT NULL,
  source_partition integer NOT NULL,
  next_offset bigint NOT NULL,
  append_time timestamptz,
  accepted_offset bigint NOT NULL,
  origin_offset bigint NOT NULL,
  high_watermark bigint,
  records bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  gaps bigint NOT NULL DEFAULT 0,
  elements bigint NOT NULL DEFAULT 0,
  applied bigint NOT NULL DEFAULT 0,
  dead_lettered bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  rows_written bigint NOT NULL DEFAULT 0,
  state varchar(30) NOT NULL DEFAULT 'running',
  state_reason text,
  state_since timestamptz NOT NULL DEFAULT now(),
  owner varchar(200),
  backend_pid integer,
  backend_started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source_topic, source_partition)
) WITH (fillfactor = 10);
COMMENT ON TABLE stream_positions IS 'Up to where each machine partition is applied. Moved in the transaction that loads the rows, by compare-and-set (move_position). Fillfactor 10 keeps the many updates heap-only.';
COMMENT ON COLUMN stream_positions.next_offset IS 'First offset of the machine topic that is not applied yet.';
COMMENT ON COLUMN stream_positions.append_time IS 'Greatest broker append time applied so far; a block that goes back behind it comes from a recreated topic.';
COMMENT ON COLUMN stream_positions.accepted_offset IS 'First offset of the accepted topic''s partition that is not applied yet: where reading resumes.';
COMMENT ON COLUMN stream_positions.origin_offset IS 'Where this ledger begins: next_offset - origin_offset = records + skipped + gaps.';
COMMENT ON COLUMN stream_positions.high_watermark IS 'End of the machine topic as last seen, for lag.';
COMMENT ON COLUMN stream_positions.skipped IS 'Offsets without a record: transaction markers and compaction holes.';
COMMENT ON COLUMN stream_positions.gaps IS 'Offsets given up by an operator (stream_gaps says why).';
COMMENT ON COLUMN stream_positions.elements IS 'Events in the records (a telemetry record may hold an array) = applied + dead_lettered + duplicates.';
COMMENT ON COLUMN stream_positions.rows_written IS 'Table rows, all tables together.';
COMMENT ON COLUMN stream_positions.backend_pid IS 'The database session that owns the partition; its next owner terminates exactly that one (pid and start time).';

CREATE TABLE stream_gaps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_topic varchar(249) NOT NULL,
  source_partition integer NOT NULL,
  from_offset bigint NOT NULL,
  to_offset bigint NOT NULL CHECK (to_offset >= from_offset),
  kind varchar(30) NOT NULL,
  reason text,
  accepted_by text,
  at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE stream_gaps IS 'Ranges [from_offset, to_offset) that were never applied, each accepted by a person with a reason.';
CREATE INDEX idx_stream_gaps_partition ON stream_gaps (source_topic, source_partition, from_offset);

CREATE FUNCTION init_position(p_topic text, p_partition integer, p_origin bigint, p_accepted_offset bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO stream_positions (source_topic, source_partition, next_offset, origin_offset, accepted_offset)
  VALUES (p_topic, p_partition, p_origin, p_origin, p_accepted_offset)
  ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION init_position IS 'First start of a partition; an existing position is left alone.';

CREATE FUNCTION move_position(p_topic text, p_partition integer, p_expected bigint, p_next bigint, p_append_time timestamptz,
  p_accepted_offset bigint, p_high_watermark bigint, p_records bigint, p_elements bigint, p_applied bigint,
  p_dead_lettered bigint, p_duplicates bigint, p_rows_written bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stream_positions SET
    next_offset = p_next,
    append_time = greatest(append_time, p_append_time),
    accepted_offset = p_accepted_offset,
    high_watermark = greatest(high_watermark, p_high_watermark, p_next),
    records = records + p_records,
    skipped = skipped + (p_next - p_expected - p_records),
    elements = elements + p_elements,
    applied = applied + p_applied,
    dead_lettered = dead_lettered + p_dead_lettered,
    duplicates = duplicates + p_duplicates,
    rows_written = rows_written + p_rows_written,
    updated_at = clock_timestamp()
  WHERE source_topic = p_topic AND source_partition = p_partition
    AND next_offset = p_expected;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'position of % partition % is not %', p_topic, p_partition, p_expected
      USING ERRCODE = 'CQ001', HINT = 'Another writer moved it: drop this flush and read the position again.';
  END IF;
END $$;
COMMENT ON FUNCTION move_position IS 'Compare-and-set of a position and its ledger counters; raises CQ001 when the position is not the expected one. Last statement before COMMIT, in the same message.';

CREATE FUNCTION skip_gap(p_topic text, p_partition integer, p_from bigint, p_to bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stream_positions SET next_offset = p_to, gaps = gaps + (p_to - p_from), updated_at = clock_timestamp()
  WHERE source_topic = p_topic AND source_partition = p_partition AND next_offset = p_from AND p_to >= p_from;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'position of % partition % is not %', p_topic, p_partition, p_from USING ERRCODE = 'CQ001';
  END IF;
END $$;
COMMENT ON FUNCTION skip_gap IS 'Moves a position over offsets that an operator gave up; stream_gaps keeps the reason.';

CREATE FUNCTION take_partition(p_topic text, p_partition integer, p_owner text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  previous_pid integer;
  previous_start timestamptz;
  terminated boolean := false;
BEGIN
  -- Read without a lock: the previous owner may be stuck while it holds the row.
  SELECT backend_pid, backend_started_at INTO previous_pid, previous_start
  FROM stream_positions WHERE source_topic = p_topic AND source_partition = p_partition;
  IF NOT FOUND THEN RETURN false; END IF;
  IF previous_pid IS DISTINCT FROM pg_backend_pid() THEN
    SELECT pg_terminate_backend(pid) INTO terminated FROM pg_stat_activity
    WHERE pid = previous_pid AND backend_start = previous_start;
  END IF;
  UPDATE stream_positions SET owner = p_owner, backend_pid = pg_backend_pid(),
    backend_started_at = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
  WHERE source_topic = p_topic AND source_partition = p_partition;
  RETURN coalesce(terminated, false);
END $$;
COMMENT ON FUNCTION take_partition IS 'Makes the calling session the owner and terminates exactly the previous owner''s session, if it still lives (a COPY in progress cannot be timed out or cancelled). Returns whether one was terminated. The compare-and-set is what guarantees exactness; this only frees what a lost owner holds.';
`);
  }
}
