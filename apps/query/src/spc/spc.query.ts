import { withSixDigits } from '@chip/contracts';
import { type ControlChart, thinChart, TooLittleDataError } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { describeLimits, frozenLimits } from '../limits/frozen-limits.ts';
import { inTurns, nextTurn } from '../http/next-turn.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  allWarnings,
  type ChartSettings,
  asProblem,
  chartSteps,
  defineChart,
  warningOf,
} from '../charts/chart-evaluation.ts';
import { type SpcAnswer } from './spc-answer.ts';
import { subgroupOf } from '../charts/chart-subgroups.ts';
import { phasedChart } from './phases.ts';
import { type SpcParameters } from './spc-parameters.ts';
import { samplesOf, type ShownSample } from '../charts/chart-samples.ts';

const NO_CHART = { centre: null, lower: null, upper: null, points: [], violations: [] };

/** Computes control charts of stored measurements and counts. */
@Injectable()
export class SpcQuery {
  constructor(private readonly snapshots: Snapshots) {}

  chart(asked: SpcParameters): Promise<SpcAnswer> {
    return this.snapshots.answer(async (snapshot) => {
      const parameters = await readyToCount(snapshot, asked);
      const frozen =
        parameters.limits === undefined
          ? undefined
          : await frozenLimits(snapshot, { ...parameters, subgroup: subgroupOf(parameters) }, parameters.limits);
      const { samples, data, what, warning } = await samplesOf(snapshot, {
        ...parameters,
        break_at: parameters.break_at ?? frozen?.break_at,
        unit: frozen?.unit,
      });
      const { chart, rules, sigma_method, exclude, target, sigma, lambda, l, k, h } = parameters;
      const baseline = baselineOf(samples, parameters);
      const settings: ChartSettings = {
        ...{ chart, rules, sigma_method, exclude, target, sigma, lambda, l, k, h },
        ...frozen?.settings,
      };
      const { definition, definition_id } = defineChart({ ...settings, baseline: baseline ?? undefined });
      const meaning = {
        definition: [
          definition,
          ...(frozen ? [describeLimits(frozen)] : []),
          ...(parameters.phases === undefined
            ? []
            : ['Each phase has limits from its own samples, and no rule looks across its ends.']),
          what,
        ].join(' '),
        definition_id,
        ...(frozen && { limits: { id: frozen.id, version: frozen.version } }),
      };
      try {
        // A baseline without samples gives no limits, whatever lies outside it.
        if (baseline === null) {
          throw new TooLittleDataError('baseline_from', 'no sample lies in the baseline');
        }
        // Reading the rows, each step of computing, and writing the answer take a turn each.
        await nextTurn();
        if (parameters.phases !== undefined) {
          const phased = await phasedChart(settings, data, samples, parameters.phases);
          const shown = shownPart(phased, samples, parameters.max_points);
          return { ...shown, warning: allWarnings(warning, phased.warning), ...meaning };
        }
        const evaluated = await inTurns(chartSteps({ ...settings, baseline }, data));
        await nextTurn();
        return {
          ...shownPart(evaluated, samples, parameters.max_points),
          warning: allWarnings(warning, warningOf(settings, evaluated)),
          ...meaning,
        };
      } catch (error) {
        if (error instanceof TooLittleDataError) {
          const none = { chart, sigma: null, location: NO_CHART };
          return { ...shownPart(none, samples, parameters.max_points), ...meaning };
        }
        throw asProblem(error, 'query');
      }
    });
  }
}

/** The chart with its samples, or about so many points of it with theirs. */
function shownPart<Chart extends ControlChart>(
  whole: Chart,
  samples: readonly ShownSample[],
  maxPoints: number | undefined,
): Chart & Pick<SpcAnswer, 'samples' | 'samples_total'> {
  if (maxPoints === undefined) {
    return { ...whole, samples: [...samples] };
  }
  const { chart, kept } = thinChart(whole, maxPoints);
  const shown = samples.flatMap((sample, index) => (kept.has(index) ? [{ ...sample, index }] : []));
  return { ...chart, samples: shown, samples_total: samples.length };
}

/** Baseline times as indices; undefined when none is given, null when no sample lies between them. */
function baselineOf(
  samples: readonly ShownSample[],
  { baseline_from, baseline_to }: SpcParameters,
): { from: number; to: number } | undefined | null {
  if (baseline_from === undefined && baseline_to === undefined) {
    return undefined;
  }
  // Canonical texts keep the microseconds, which a Date would lose.
  const isIn = ({ first_at }: ShownSample): boolean => {
    const at = withSixDigits(first_at);
    return (baseline_from === undefined || at >= baseline_from) && (baseline_to === undefined || at < baseline_to);
  };
  const from = samples.findIndex(isIn);
  return from === -1 ? null : { from, to: samples.findLastIndex(isIn) + 1 };
}
