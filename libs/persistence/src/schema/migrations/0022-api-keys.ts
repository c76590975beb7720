import { SchemaMigration } from './schema-migration.ts';

/** API keys, in a schema that only the owner can read. */
export class ApiKeys extends SchemaMigration {
  override name = '0022-api-keys';

  override up(): void {
    this.addSql(`
-- All of it may be here already: keys outlive a schema public that is made again.
CREATE SCHEMA IF NOT EXISTS private;
COMMENT ON SCHEMA private IS 'What no role may read by itself: its functions are the only way in.';
REVOKE ALL ON SCHEMA private FROM PUBLIC;

CREATE TABLE IF NOT EXISTS private.api_keys (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar(100) NOT NULL CHECK (name <> ''),
  prefix varchar(20) NOT NULL UNIQUE,
  hash bytea NOT NULL CHECK (length(hash) = 32),
  role varchar(20) NOT NULL CHECK (role IN ('viewer', 'engineer', 'admin', 'machine')),
  scopes text[] NOT NULL DEFAULT '{}' CHECK (scopes <@ ARRAY['export:raw', 'audit:read']),
  sites text[],
  products text[],
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by varchar(200) NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
COMMENT ON TABLE private.api_keys IS 'Keys of the HTTP API. A revoked key stays, so that its name in the audit trail keeps its meaning.';
COMMENT ON COLUMN private.api_keys.prefix IS 'Begin of the key after "chip_"; not secret, names the key in lists and in the audit trail.';
COMMENT ON COLUMN private.api_keys.hash IS 'SHA-256 of the key. The key holds 256 random bits, so nothing slower is needed: there is nothing to guess.';
COMMENT ON COLUMN private.api_keys.sites IS 'Only rows of these sites; null = of every site.';
COMMENT ON COLUMN private.api_keys.products IS 'Only rows of these products; null = of every product.';
COMMENT ON COLUMN private.api_keys.last_used_at IS 'As of the last report of a query service, at most a minute late.';

CREATE TABLE IF NOT EXISTS private.api_keys_version (
  version bigint NOT NULL,
  one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
COMMENT ON TABLE private.api_keys_version IS 'Counts the changes of api_keys, so that a service reads the keys only when they changed.';
INSERT INTO private.api_keys_version VALUES (1) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION private.count_key_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = private, pg_temp AS $$
BEGIN
  UPDATE api_keys_version SET version = version + 1;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER count_change AFTER INSERT OR DELETE OR UPDATE OF hash, role, scopes, sites, products, expires_at, revoked_at
  ON private.api_keys FOR EACH STATEMENT EXECUTE FUNCTION private.count_key_change();

CREATE OR REPLACE FUNCTION private.usable_keys(p_known bigint)
RETURNS TABLE (version bigint, id uuid, name text, prefix text, hash bytea, role text, scopes text[], sites text[], products text[], expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = private, pg_temp AS $$
  SELECT v.version, k.id, k.name, k.prefix, k.hash, k.role, k.scopes, k.sites, k.products, k.expires_at
  FROM api_keys_version AS v
  LEFT JOIN api_keys AS k ON k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
  WHERE v.version IS DISTINCT FROM p_known
$$;
COMMENT ON FUNCTION private.usable_keys IS 'No row: nothing changed since the version p_known. Else every usable key, or one row without a key. For chip_api alone: of the key itself it gives a hash that leads nowhere.';

CREATE OR REPLACE FUNCTION private.note_key_use(p_ids uuid[], p_at timestamptz[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = private, pg_temp AS $$
  UPDATE api_keys AS k SET last_used_at = used.at
  FROM unnest(p_ids, p_at) AS used (id, at)
  WHERE k.id = used.id AND (k.last_used_at IS NULL OR k.last_used_at < used.at)
$$;
REVOKE ALL ON ALL ROUTINES IN SCHEMA private FROM PUBLIC;
`);
  }
}
