import type { AsOf } from '@chip/persistence';
import { type NewControlLimits, UnitOfWork } from '@chip/persistence/repositories';
import { Injectable } from '@nestjs/common';
import { currentRequest } from '../access/caller.ts';
import { readPage } from '../http/cursor.ts';
import { Problem } from '../http/problem.error.ts';
import { PrimarySnapshots, Snapshots } from '../sql/snapshots.ts';
import {
  asProblem,
  type ChartData,
  type ChartLimits,
  type ChartSettings,
  defineChart,
  chartSteps,
} from '../charts/chart-evaluation.ts';
import { estimateLimits, spreadOfCount } from '../charts/chart-limits.ts';
import { DATA_OF } from '../charts/chart-request.ts';
import { inTurns } from '../http/next-turn.ts';
import { subgroupOf } from '../charts/chart-subgroups.ts';
import { samplesOf, type ShownSample } from '../charts/chart-samples.ts';
import {
  type ControlLimitsItem,
  type ControlLimitsPage,
  type ControlLimitsRequest,
  type ListParameters,
} from './control-limits-answer.ts';
import { limitsById, listLimits } from './control-limits.sql.ts';

/** What the limits were computed from. */
interface Made {
  readonly limits: ChartLimits;
  readonly data: ChartData;
  readonly samples: readonly ShownSample[] | null;
  readonly unit: string | null;
  readonly break_at: string | null;
  readonly what: string;
  readonly as_of: AsOf | null;
}

/** Lists frozen limits and stores new versions. */
@Injectable()
export class ControlLimitsQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  list(parameters: ListParameters): Promise<ControlLimitsPage> {
    return this.snapshots.read((snapshot) =>
      readPage(
        parameters,
        (after, limit) => listLimits(snapshot, parameters, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      ),
    );
  }

  async one(id: string): Promise<ControlLimitsItem> {
    const found = await this.snapshots.read((snapshot) => limitsById(snapshot, id));
    if (!found) {
      throw new Problem(404, 'not_found', 'there are no control limits with this id');
    }
    return found;
  }

  async create(request: ControlLimitsRequest): Promise<ControlLimitsItem> {
    const { chart, sigma_method, lambda, l, k, h, exclude = [] } = request;
    const excluded = exclude.length === 0 ? undefined : exclude.map(({ index }) => index);
    const settings: ChartSettings = { chart, sigma_method, lambda, l, k, h, exclude: excluded };
    let row: Omit<NewControlLimits, 'author'>;
    try {
      const made = await this.#made(request, settings);
      requireSpread(request, made.limits);
      row = await rowOf(request, made, settings);
    } catch (error) {
      throw asProblem(error, 'stored');
    }
    const id = await this.#store(row);
    const stored = await this.primary.read((snapshot) => limitsById(snapshot, id));
    if (!stored) {
      throw new Problem(404, 'not_found', 'the limits were removed right after they were stored');
    }
    return stored;
  }

  async #made(request: ControlLimitsRequest, settings: ChartSettings): Promise<Made> {
    const { given, baseline, break_at = null } = request;
    if (given !== undefined) {
      const { centre, sigma = null, sigma_within = null, sigma_z = null, unit = null } = given;
      const limits = { centre, sigma, sigma_within, sigma_z };
      return { limits, data: {}, samples: null, unit, break_at, what: 'Given, not computed.', as_of: null };
    }
    const { as_of, ...found } = await this.snapshots.answer((snapshot) =>
      samplesOf(snapshot, { ...request, ...baseline, isUnitNeeded: true }),
    );
    const { data, samples, unit, breakAt, warning } = found;
    const what = warning === undefined ? found.what : `${found.what} ${warning}`;
    return { limits: await estimateLimits(settings, data), data, samples, unit, break_at: breakAt, what, as_of };
  }

  async #store(row: Omit<NewControlLimits, 'author'>): Promise<string> {
    const { caller } = currentRequest();
    const { as_of: _asOf, definition: _definition, ...said } = row;
    return this.primary.write(() =>
      this.unitOfWork.run(async ({ controlLimits, audit }) => {
        const { id, version } = await controlLimits.create({ ...row, author: caller.subject });
        await audit.append({
          stream: 'api',
          actor: caller.subject,
          action: 'control_limits.create',
          subject: `control_limits:${id}`,
          reason: row.reason,
          newValue: { ...said, version },
        });
        return id;
      }),
    );
  }
}

/** Limits without spread would flag every other value. @throws Problem 400 */
function requireSpread({ chart, given }: ControlLimitsRequest, limits: ChartLimits): void {
  const { sigma, sigma_within, sigma_z } = limits;
  const refuse = (field: string, message: string): never => {
    throw new Problem(400, 'invalid_body', `${field} ${message}`, [{ parameter: `/${field}`, message }]);
  };
  if (sigma === 0 || sigma_within === 0 || sigma_z === 0) {
    refuse('baseline', 'has no spread: its samples do not differ');
  }
  if (DATA_OF[chart] === 'counts' && spreadOfCount(chart, limits, 1) === 0) {
    refuse(given ? 'given/centre' : 'baseline', 'has no spread: nothing is counted, or everything');
  }
}

async function rowOf(
  request: ControlLimitsRequest,
  made: Made,
  settings: ChartSettings,
): Promise<Omit<NewControlLimits, 'author'>> {
  const { limits, data, samples } = made;
  const { chart, parameter = '', product = '', step = '', recipe = '', site = '' } = request;
  const { equipment_id = '', inspection_type = '', exclude = [], baseline } = request;
  // Drops what only shapes the estimate; refuses what the chart does not take.
  const frozen = { ...settings, sigma_method: undefined, exclude: undefined, limits };
  const { location } = await inTurns(chartSteps(frozen, data));
  const { definition, definition_id } = defineChart(settings);
  const sizes = new Set(samples?.map(({ size }) => size));
  const [n = null] = sizes.size === 1 ? sizes : [];
  const method = request.sigma_method ?? null;
  const { lambda = null, l = null, k = null, h = null } = settings;
  return {
    parameter,
    chart,
    subgroup: String(subgroupOf(request)),
    product,
    step,
    recipe,
    site,
    equipment_id,
    inspection_type,
    unit: made.unit,
    settings: { policy: request.policy, break_at: made.break_at, sigma_method: method, lambda, l, k, h },
    ...limits,
    lower: location.lower,
    upper: location.upper,
    n,
    samples: samples?.length ?? null,
    baseline_from: baseline?.from ?? null,
    baseline_to: baseline?.to ?? null,
    exclusions: exclude.map(({ index, reason }) => {
      const { key, site: at, lot_id, first_at } = samples?.[index] as ShownSample;
      return { index, key, site: at, lot_id, first_at, reason };
    }),
    as_of: made.as_of,
    definition: made.samples === null ? made.what : `${definition} ${made.what}`,
    definition_id,
    reason: request.reason,
  };
}
