import { createHash } from 'node:crypto';
import type { Client } from 'pg';

/**
 * The one place that enforces a caller's limits to sites and products. A request with limits runs as `chip_limited`,
 * which may read only the views below and a few tables that belong to no site. The views have the names of their
 * tables, and `search_path` puts them first. So every query is limited, regardless of its author, and a table that is
 * not listed here is refused (42501), never shown whole.
 *
 * Recreated after every migration, so that the views have the columns of their tables.
 */

/**
 * Session settings that hold the limits: `*` or a JSON array of names. If absent, queries fail; if empty, they return
 * nothing.
 */
export const LIMIT_SETTINGS = { sites: 'chip.sites', products: 'chip.products' } as const;
export const LIMITED_ROLE = 'chip_limited';
export const LIMITED_SEARCH_PATH = 'limited, public';

// As scalar subqueries, so that a statement evaluates them once instead of once per row.
const SITES = '(SELECT limited.sites())';
const PRODUCTS = '(SELECT limited.products())';
const ofSite = (column: string): string => `(${SITES} IS NULL OR ${column} = ANY (${SITES}::text[]))`;
const ofProduct = (column: string): string => `(${PRODUCTS} IS NULL OR ${column} = ANY (${PRODUCTS}::text[]))`;
/** Tables with the uuid of a lot and their own product. */
const OF_LOT_AND_PRODUCT = `(${SITES} IS NULL OR t.lot_id IN (SELECT id FROM public.lots WHERE site = ANY (${SITES}::text[]))) AND ${ofProduct('t.product')}`;
const OF_SITE_AND_PRODUCT = `${ofSite('t.site')} AND ${ofProduct('t.product')}`;
const ofInspection = (join: string): string =>
  `EXISTS (SELECT FROM public.inspections AS i WHERE ${join} AND ${ofSite('i.site')} AND ${ofProduct('i.product')})`;
/** A unit whose last run names another product still has runs of this one, so its lot and wafer are visible. */
const ofRuns = (join: string): string =>
  `EXISTS (SELECT FROM public.inspection_attempts AS a WHERE ${join} AND ${ofProduct('a.product')})`;
const OF_ATTEMPT =
  'EXISTS (SELECT FROM limited.inspection_attempts AS a WHERE a.inspection_id = t.inspection_id AND t.event_id = ANY (a.event_ids))';
// Not a column of its own in databases that have yet to migrate to 0024.
const NAMED_SITE = `coalesce(to_jsonb(t) ->> 'site', '')`;
/**
 * Tables that name a site and a product, or none to hold for all of them. The name of a product is for those who see an
 * inspection of it, unless the row is of their own site.
 */
const NAMED = `(${NAMED_SITE} = '' OR ${ofSite(NAMED_SITE)}) AND (t.product = '' OR ${ofProduct('t.product')})
    AND (${SITES} IS NULL OR t.product = '' OR ${NAMED_SITE} <> '' OR ${ofInspection('i.product = t.product')})`;

/** Condition on the row `t` of each table. Ordered: later ones use earlier ones. */
const VIEWS: Readonly<Record<string, string>> = {
  lots: `${ofSite('t.site')} AND (${PRODUCTS} IS NULL OR ${ofRuns('a.lot_id = t.id')} OR ${ofInspection('i.lot_id = t.id')})`,
  wafers: `t.lot_id IN (SELECT id FROM limited.lots) AND (${PRODUCTS} IS NULL OR ${ofRuns('a.lot_id = t.lot_id AND a.wafer_id = t.wafer_id')} OR ${ofInspection('i.lot_id = t.lot_id AND i.wafer_id = t.wafer_id')})`,
  parts: ofInspection('i.lot_id = t.lot_id AND i.chip_id = t.chip_id'),
  inspections: OF_SITE_AND_PRODUCT,
  inspection_attempts: OF_LOT_AND_PRODUCT,
  defects: OF_ATTEMPT,
  measurements: OF_ATTEMPT,
  measurement_rows: OF_ATTEMPT,
  measurement_values: OF_ATTEMPT,
  measurement_vectors: OF_ATTEMPT,
  yield_daily: OF_LOT_AND_PRODUCT,
  yield_daily_base: OF_LOT_AND_PRODUCT,
  yield_delta: OF_LOT_AND_PRODUCT,
  yield_retests: OF_LOT_AND_PRODUCT,
  daily_attempts: OF_LOT_AND_PRODUCT,
  daily_defects: OF_LOT_AND_PRODUCT,
  daily_measured: OF_SITE_AND_PRODUCT,
  daily_measured_lots: OF_LOT_AND_PRODUCT,
  daily_tests: OF_SITE_AND_PRODUCT,
  daily_tested: OF_SITE_AND_PRODUCT,
  parameters: NAMED,
  control_limits: NAMED,
  annotations: NAMED,
  // A report covers what its parameters name; one that names no site or product covers all.
  reports: `${ofSite("t.parameters ->> 'site'")} AND ${ofProduct("t.parameters ->> 'product'")}`,
  wafer_geometries: NAMED,
  former_attempts: OF_LOT_AND_PRODUCT,
  inspection_events: `EXISTS (SELECT FROM limited.inspection_attempts AS a WHERE (a.inspection_id, a.step, a.attempt_key) = (t.inspection_id, t.step, t.attempt_key))
    OR EXISTS (SELECT FROM limited.former_attempts AS a WHERE (a.inspection_id, a.step, a.attempt_key) = (t.inspection_id, t.step, t.attempt_key))`,
  production_calendars: `t.site = '' OR ${ofSite('t.site')}`,
};
/**
 * Views without a table of the same name. A unit whose last run names another product is hidden, because its state is that of
 * this run; its name belongs to each of its runs.
 */
const MORE_VIEWS: Readonly<Record<string, string>> = {
  unit_names: `SELECT t.id, t.lot_id, t.chip_id, t.inspection_type FROM public.inspections AS t
    WHERE ${ofSite('t.site')} AND (${PRODUCTS} IS NULL OR ${ofProduct('t.product')} OR ${ofRuns('a.inspection_id = t.id')})`,
};
/** Views of which the condition reads a table of a later migration than their own. */
const READS: Readonly<Record<string, string>> = { inspection_events: 'former_attempts' };
/** The views that a database with these tables can have. */
const viewsOf = (present: ReadonlySet<string>): [name: string, condition: string][] =>
  Object.entries(VIEWS).filter(([name]) => present.has(name) && present.has(READS[name] ?? name));
/**
 * Tables that belong to no site and that every answer needs. Sets describe values, and mean nothing without their
 * vectors; marks say of a day that something changed.
 */
const OPEN_TABLES = ['stream_positions', 'inspection_types', 'measurement_sets', 'attempt_day_changes'];

/** @returns whether the role exists; without it keys with limits cannot be used */
export async function applyLimitedViews(client: Pick<Client, 'query'>): Promise<boolean> {
  if (!(await ensureRole(client))) {
    return false;
  }
  const { comment, present } = await describe(client);
  const { rows: made } = await client.query<{ views: number }>(
    `SELECT (SELECT count(*)::int FROM pg_class WHERE relnamespace = n.oid AND relkind = 'v') AS views
       FROM pg_namespace AS n WHERE nspname = 'limited' AND obj_description(oid, 'pg_namespace') = $1`,
    [comment],
  );
  // Dropping a view waits for its readers: do it only when necessary.
  if (made[0]?.views === viewsOf(present).length + Object.keys(MORE_VIEWS).length) {
    return true;
  }
  await client.query('BEGIN');
  try {
    await client.query('DROP SCHEMA IF EXISTS limited CASCADE');
    await client.query(`CREATE SCHEMA limited`);
    await client.query(`COMMENT ON SCHEMA limited IS '${comment}'`);
    for (const [name, setting] of Object.entries(LIMIT_SETTINGS)) {
      // A setting local to an earlier transaction leaves '' behind, which allows nothing.
      await client.query(`
        CREATE FUNCTION limited.${name}() RETURNS text[] LANGUAGE sql STABLE AS $$
          SELECT CASE WHEN current_setting('${setting}') = '*' THEN NULL
            ELSE ARRAY(SELECT jsonb_array_elements_text(nullif(current_setting('${setting}'), '')::jsonb)) END
        $$`);
    }
    for (const [table, condition] of viewsOf(present)) {
      await client.query(`CREATE VIEW limited.${table} AS SELECT t.* FROM public.${table} AS t WHERE ${condition}`);
    }
    for (const [name, select] of Object.entries(MORE_VIEWS)) {
      await client.query(`CREATE VIEW limited.${name} AS ${select}`);
    }
    await client.query(`GRANT USAGE ON SCHEMA limited, public TO ${LIMITED_ROLE}`);
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA limited TO ${LIMITED_ROLE}`);
    for (const table of OPEN_TABLES.filter((name) => present.has(name))) {
      await client.query(`GRANT SELECT ON public.${table} TO ${LIMITED_ROLE}`);
    }
    if (present.has('former_attempts')) {
      await client.query(`GRANT EXECUTE ON FUNCTION public.known_since() TO ${LIMITED_ROLE}`);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  return true;
}

/** Which of the tables exist and, for the comment of the schema, a digest of what the views are made of. */
async function describe(client: Pick<Client, 'query'>): Promise<{ comment: string; present: ReadonlySet<string> }> {
  const { rows } = await client.query<{ name: string; columns: string }>(
    `SELECT relname AS name, string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attnum) AS columns
       FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
      WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($1) GROUP BY relname ORDER BY relname`,
    [[...Object.keys(VIEWS), ...OPEN_TABLES]],
  );
  const digest = createHash('sha256')
    .update(JSON.stringify([VIEWS, MORE_VIEWS, rows]))
    .digest('hex');
  return {
    comment: `The tables as a caller with limits to sites and products sees them; made again when they change. ${digest}`,
    present: new Set(rows.map(({ name }) => name)),
  };
}

/** Roles belong to the whole server: another database's migration may create them at the same time. */
async function ensureRole(client: Pick<Client, 'query'>): Promise<boolean> {
  const ask = async (): Promise<{ present: boolean; missing: string[] }> => {
    const { rows } = await client.query<{ present: boolean; missing: string[] }>(
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS present, ARRAY(
         SELECT rolname::text FROM pg_roles WHERE (rolname IN ('chip_api', 'chip_reader') OR rolname = current_user) AND NOT rolsuper
           AND EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AND NOT pg_has_role(rolname, $1, 'SET')) AS missing`,
      [LIMITED_ROLE],
    );
    return rows[0] as { present: boolean; missing: string[] };
  };
  const attempt = async (statement: string): Promise<void> => {
    try {
      await client.query(statement);
    } catch (error) {
      // 42501: no right to do it. XX000: another migration changed the same catalogue row. 42710: it was faster.
      if (!['42501', 'XX000', '42710', '23505'].includes((error as { code?: string }).code ?? '')) {
        throw error;
      }
    }
  };
  if (!(await ask()).present) {
    await attempt(`CREATE ROLE ${LIMITED_ROLE} NOLOGIN`);
  }
  for (const member of (await ask()).missing) {
    await attempt(`GRANT ${LIMITED_ROLE} TO "${member}"`);
  }
  const { present, missing } = await ask();
  return present && !missing.includes('chip_api');
}

/** What the query service calls in the schema `private`; the rest of it is out of its reach. */
const PRIVATE_FUNCTIONS = [
  'private.usable_keys(bigint)',
  'private.note_key_use(uuid[], timestamptz[])',
  'private.end_session(bytea, timestamptz)',
  'private.sessions_ended(bigint)',
];

/** What operators see and change of a key; of the key itself, they see nothing that would let them use it. */
const OPERATOR_KEY_RIGHTS = `
  SELECT (id, name, prefix, role, scopes, sites, products, created_at, created_by, expires_at, revoked_at, last_used_at),
  INSERT (name, prefix, hash, role, scopes, sites, products, expires_at, created_by),
  UPDATE (expires_at, revoked_at)`;

/**
 * Grants what the schema `private` allows, as far as it exists: its functions to the query service, keys without their
 * hashes to operators.
 */
export async function applyKeyRights(client: Pick<Client, 'query'>): Promise<void> {
  const { rows } = await client.query<{ ready: boolean; hasOperator: boolean; present: string[] }>(
    `SELECT to_regnamespace('private') IS NOT NULL AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'chip_api') AS ready,
            to_regclass('private.api_keys') IS NOT NULL
              AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'chip_operator') AS "hasOperator",
            ARRAY(SELECT name FROM unnest($1::text[]) AS name WHERE to_regprocedure(name) IS NOT NULL) AS present`,
    [PRIVATE_FUNCTIONS],
  );
  if (rows[0]?.hasOperator) {
    // One implicit transaction: commands that run meanwhile lose nothing.
    await client.query(`
      REVOKE ALL ON ALL TABLES IN SCHEMA private FROM chip_operator;
      GRANT USAGE ON SCHEMA private TO chip_operator;
      GRANT ${OPERATOR_KEY_RIGHTS} ON private.api_keys TO chip_operator`);
  }
  if (!rows[0]?.ready) {
    return;
  }
  await client.query('REVOKE ALL ON ALL TABLES IN SCHEMA private FROM PUBLIC, chip_api');
  await client.query('GRANT USAGE ON SCHEMA private TO chip_api');
  for (const name of rows[0].present) {
    await client.query(`GRANT EXECUTE ON FUNCTION ${name} TO chip_api`);
  }
}
