import { SchemaMigration } from './schema-migration.ts';

/** Sessions of browsers that ended before their token, so that every query service refuses copies of their cookies. */
export class EndedSessions extends SchemaMigration {
  override name = '0042-ended-sessions';

  override up(): void {
    this.addSql(`
-- All of it may be here already: the schema private outlives a schema public that is made again.
CREATE TABLE IF NOT EXISTS private.ended_sessions (
  id bytea PRIMARY KEY CHECK (length(id) = 32),
  ends_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_ended_sessions_ends_at ON private.ended_sessions (ends_at);
COMMENT ON TABLE private.ended_sessions IS 'Sessions that were signed out of. A row goes when its token has ended, because then nothing is left to refuse.';
COMMENT ON COLUMN private.ended_sessions.id IS 'SHA-256 of the random CSRF token of the session; leads to no cookie.';
COMMENT ON COLUMN private.ended_sessions.ends_at IS 'When the token of the session ends.';

CREATE TABLE IF NOT EXISTS private.ended_sessions_version (
  version bigint NOT NULL,
  one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
COMMENT ON TABLE private.ended_sessions_version IS 'Counts the rows ever added to ended_sessions, so that a service reads them only when there is a new one.';
INSERT INTO private.ended_sessions_version VALUES (1) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION private.end_session(p_id bytea, p_ends_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = private, pg_temp AS $$
BEGIN
  -- Clocks may differ by half a minute: rows stay longer than that.
  DELETE FROM ended_sessions WHERE ends_at < now() - INTERVAL '5 minutes';
  INSERT INTO ended_sessions (id, ends_at) VALUES (p_id, p_ends_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE ended_sessions_version SET version = version + 1;
  RETURN true;
END $$;
COMMENT ON FUNCTION private.end_session IS 'Returns whether the session was not yet ended.';

CREATE OR REPLACE FUNCTION private.sessions_ended(p_known bigint)
RETURNS TABLE (version bigint, id bytea, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = private, pg_temp AS $$
  SELECT v.version, s.id, s.ends_at
  FROM ended_sessions_version AS v LEFT JOIN ended_sessions AS s ON s.ends_at > now() - INTERVAL '5 minutes'
  WHERE v.version IS DISTINCT FROM p_known
$$;
COMMENT ON FUNCTION private.sessions_ended IS 'No row: nothing changed since the version p_known. Else every session that ended before its token, or one row without an id.';
REVOKE ALL ON ALL ROUTINES IN SCHEMA private FROM PUBLIC;
`);
  }
}
