import { type Queryable } from '@chip/persistence';
import { currentRequest } from '../access/caller.ts';
import { type KeysetPosition } from '../http/cursor.ts';
import { SqlConditions } from '../sql/sql-conditions.ts';
import { type ControlLimitsItem, type ListParameters } from './control-limits-answer.ts';

/** What limits can be restricted to; the order decides between limits that name equally many. */
export const SCOPES = ['product', 'step', 'recipe', 'equipment_id', 'site', 'inspection_type'] as const;
export type Scopes = Readonly<Partial<Record<(typeof SCOPES)[number], string | undefined>>>;

const SELECT_ITEM = `SELECT id, version, nullif(parameter, '') AS parameter, chart, subgroup,
        ${SCOPES.map((scope) => `nullif(${scope}, '') AS ${scope}`).join(', ')},
        unit, settings, centre, sigma, sigma_within, sigma_z, lower, upper, n, samples, exclusions, as_of, definition, definition_id,
        reason, author, created_at, baseline_from, baseline_to
   FROM control_limits`;

type Exclusion = ControlLimitsItem['exclusions'][number];
type Row = Omit<ControlLimitsItem, 'baseline'> & { baseline_from: string | null; baseline_to: string | null };

const itemOf = ({ baseline_from: from, baseline_to: to, exclusions, ...row }: Row): ControlLimitsItem => ({
  ...row,
  exclusions: mayNameSamples(row) ? exclusions : exclusions.map(withoutNames),
  baseline: from === null || to === null ? null : { from, to },
});

/**
 * Limits that name no site hold for every site, so every caller sees them, but the samples that they come from may belong
 * to sites that this one does not see; likewise of products.
 */
function mayNameSamples({ site, product }: Pick<Row, 'site' | 'product'>): boolean {
  const { sites, products } = currentRequest().caller;
  return (sites === null || site !== null) && (products === null || product !== null);
}

/** A reason is about the sample, so it may name the lot, too. */
const withoutNames = ({ index, first_at }: Exclusion): Exclusion => ({
  index,
  key: null,
  site: null,
  lot_id: null,
  first_at,
  reason: null,
});

/** Newest first by (created_at, id); at most `limit` items after `after`. */
export async function listLimits(
  snapshot: Queryable,
  { limit: _limit, cursor: _cursor, ...filters }: ListParameters,
  after: KeysetPosition | undefined,
  limit: number,
): Promise<ControlLimitsItem[]> {
  const where = new SqlConditions().oneOf('parameter', filters.parameter).oneOf('chart', filters.chart);
  for (const scope of SCOPES) {
    where.oneOf(scope, filters[scope]);
  }
  if (after) {
    where.require(`(created_at, id) < (${where.bind(after.time)}::timestamptz, ${where.bind(after.id)}::uuid)`);
  }
  const rows = await snapshot.query<Row>(
    `${SELECT_ITEM} WHERE ${where.toString()} ORDER BY created_at DESC, id DESC LIMIT ${where.bind(limit)}`,
    where.values,
  );
  return rows.map(itemOf);
}

export async function limitsById(snapshot: Queryable, id: string): Promise<ControlLimitsItem | undefined> {
  const [row] = await snapshot.query<Row>(`${SELECT_ITEM} WHERE id = $1`, [id]);
  return row && itemOf(row);
}

/** Key by which current limits are found. */
export interface LimitsKey {
  readonly parameter: string;
  readonly chart: string;
  readonly subgroup: string;
  readonly policy: string;
  readonly scopes: Scopes;
}

/** Newest version of the limits that fit the scopes; of several, the ones that name the most scopes. */
export async function currentLimits(
  snapshot: Queryable,
  { parameter, chart, subgroup, policy, scopes }: LimitsKey,
): Promise<ControlLimitsItem | undefined> {
  const where = new SqlConditions()
    .oneOf('parameter', parameter)
    .oneOf('chart', chart)
    .oneOf('subgroup', subgroup)
    .oneOf(`settings->>'policy'`, policy);
  for (const scope of SCOPES) {
    where.oneOf(scope, ['', ...(scopes[scope] === undefined ? [] : [scopes[scope]])]);
  }
  const named = SCOPES.map((scope) => `(${scope} <> '')::int`);
  const [row] = await snapshot.query<Row>(
    `${SELECT_ITEM} WHERE ${where.toString()}
      ORDER BY ${named.join(' + ')} DESC, ${named.map((flag) => `${flag} DESC`).join(', ')}, version DESC LIMIT 1`,
    where.values,
  );
  return row && itemOf(row);
}
