import { type Queryable } from '@chip/persistence';
import { type UnitFilters } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { type Break, type Subgroup } from '../measured/measured-samples.sql.ts';
import { type ChartLimits, type ChartSettings } from '../charts/chart-evaluation.ts';
import { type Chart } from '../charts/chart-request.ts';
import { type ControlLimitsItem } from './control-limits-answer.ts';
import { currentLimits, limitsById, SCOPES, type Scopes } from './control-limits.sql.ts';

/** The chart that frozen limits are requested for. */
export interface LimitedQuestion extends UnitFilters {
  readonly chart: Chart;
  readonly parameter?: string | undefined;
  readonly subgroup: Subgroup;
  readonly policy: string;
}

/** Limits as a chart takes them. */
export interface FrozenLimits {
  readonly id: string;
  readonly version: number;
  readonly author: string;
  readonly created_at: string;
  readonly unit: string | null;
  readonly break_at: Break | undefined;
  readonly settings: Pick<ChartSettings, 'lambda' | 'l' | 'k' | 'h'> & { readonly limits: ChartLimits };
}

const refused = (message: string): Problem =>
  new Problem(400, 'invalid_parameter', `limits ${message}`, [{ parameter: 'limits', message }]);

/** @throws Problem 400 invalid_parameter if there are none or they belong to another chart */
export async function frozenLimits(
  snapshot: Queryable,
  question: LimitedQuestion,
  which: string,
): Promise<FrozenLimits> {
  const { chart, parameter = '', policy } = question;
  const subgroup = String(question.subgroup);
  if (which === 'current') {
    const current = await currentLimits(snapshot, { chart, parameter, subgroup, policy, scopes: scopesOf(question) });
    if (!current) {
      throw refused('are not stored for this parameter, chart, subgroup, policy and filters');
    }
    return asFrozen(current);
  }
  const found = await limitsById(snapshot, which);
  if (!found) {
    throw refused('do not exist');
  }
  const differs = (
    [
      ['parameter', found.parameter ?? '', parameter],
      ['chart', found.chart, chart],
      ['subgroup', found.subgroup, subgroup],
      ['policy', found.settings.policy, policy],
    ] as const
  ).filter(([, own, asked]) => own !== asked);
  if (differs.length > 0) {
    throw refused(`belong to another ${differs.map(([name]) => name).join(', ')}`);
  }
  return asFrozen(found);
}

/** Filters with a single value: two products have no limits in common. */
function scopesOf(filters: UnitFilters): Scopes {
  return Object.fromEntries(
    SCOPES.map((scope) => {
      const value = filters[scope];
      const names = value === undefined ? [] : typeof value === 'string' ? [value] : value;
      return [scope, names.length === 1 && names[0] !== '' ? names[0] : undefined];
    }),
  );
}

function asFrozen({ id, version, author, created_at, unit, settings, ...limits }: ControlLimitsItem): FrozenLimits {
  const { break_at, lambda, l, k, h } = settings;
  const { centre, sigma, sigma_within, sigma_z } = limits;
  return {
    id,
    version,
    author,
    created_at,
    unit,
    break_at: break_at ?? undefined,
    settings: {
      lambda: lambda ?? undefined,
      l: l ?? undefined,
      k: k ?? undefined,
      h: h ?? undefined,
      limits: { centre, sigma, sigma_within, sigma_z },
    },
  };
}

/** Describes the limits of a chart in words. */
export const describeLimits = ({ id, version, author, created_at }: Omit<FrozenLimits, 'settings'>): string =>
  `Limits: ${id}, version ${version}, stored ${created_at} by ${author}.`;
