import { type Functions } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/**
 * Entries of one change for many subjects, such as a replay of dead letters, are appended together: the head of their stream
 * is read and written once. Each by itself, every entry left a version of the head that the next one had to pass.
 */
export class AuditInBatches extends SchemaMigration {
  static override readonly functions: Functions = { append_audits: ['chip_api', 'chip_operator'] };
  override name = '0059-audit-in-batches';

  override up(): void {
    this.addSql(`
CREATE FUNCTION append_audits(p_stream text, p_actor text, p_action text, p_subjects text[], p_reason text, p_old jsonb, p_new jsonb)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  -- A definer's current_user is the owner: who calls is the role set by SET ROLE, or else the one that logged in.
  caller name := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  head audit_heads;
  entry audit_log;
  subject text;
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
  FOREACH subject IN ARRAY p_subjects LOOP
    entry := ROW(p_stream, head.seq + 1, clock_timestamp(), p_actor, p_action, subject, p_reason, p_old, p_new, head.hash, NULL);
    entry.hash := audit_entry_hash(entry);
    INSERT INTO audit_log VALUES (entry.*);
    head.seq := entry.seq;
    head.hash := entry.hash;
  END LOOP;
  UPDATE audit_heads SET seq = head.seq, hash = head.hash WHERE stream = p_stream;
  RETURN head.seq;
END $$;
COMMENT ON FUNCTION append_audits IS 'The one way to write audit_log, in the transaction of the change itself: an entry for each subject, in their order; returns the number of the last. Definer: its callers have no INSERT of their own. A role appends to its own streams only (audit_writers).';

CREATE OR REPLACE FUNCTION append_audit(p_stream text, p_actor text, p_action text, p_subject text, p_reason text, p_old jsonb, p_new jsonb)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT append_audits(p_stream, p_actor, p_action, ARRAY[p_subject], p_reason, p_old, p_new)
$$;
COMMENT ON FUNCTION append_audit IS 'One entry of append_audits.';
`);
  }
}
