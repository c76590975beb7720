import { LEAST_LOTS, limitVerdict, type StatisticalLimits, statisticalLimits } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { countsOfLots, latestLots, type LotCounts, lotsNamed } from './lots-of-product.sql.ts';
import { type YieldLimitsAnswer, type YieldLimitsParameters } from './yield-limits-answer.ts';

/** Computes statistical yield and bin limits of a product, and judges lots by them. */
@Injectable()
export class YieldLimitsQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(asked: YieldLimitsParameters): Promise<YieldLimitsAnswer> {
    const { lots, bin, mix, lot_id: named } = asked;
    return this.snapshots.answer(async (snapshot) => {
      const question = await readyToCount(snapshot, asked);
      const ids = await latestLots(snapshot, question, named ?? [], lots);
      const baseline = await countsOfLots(snapshot, question, ids, bin);
      const judged =
        named === undefined
          ? baseline
          : await countsOfLots(snapshot, question, await lotsNamed(snapshot, question), bin);
      if (mix === undefined) {
        requireOneType([...baseline, ...judged]);
      }
      const ofYield = statisticalLimits(
        baseline.map(({ units, passed }) => passed / units),
        'below',
      );
      const ofBins = binLimits(baseline);
      const { first: syl1, second: syl2, ...yieldFigures } = ofYield;
      return {
        definition: `Statistical yield limits (AEC-Q002): mean - 3 sigma (SYL1) and mean - 4 sigma (SYL2) of the yields of lots; statistical bin limits: mean + 3 sigma (SBL1) and mean + 4 sigma (SBL2) of the fraction of units that fail in a ${bin} bin; sigma = standard deviation (n - 1) over lots, each with the same weight, from at least ${LEAST_LOTS} lots: the ${lots} with the latest day (UTC) of a counted attempt, without the lots that lot_id names. beyond: strictly. ${describeChoice(question, 'unit')}`,
        definition_id: `yield.limits.${bin}/1`,
        ...(baseline.length < LEAST_LOTS && {
          warning: `${baseline.length} lots are too few for limits, which need ${LEAST_LOTS}.`,
        }),
        yield: { ...yieldFigures, syl1, syl2 },
        bins: [...ofBins].map(([number, { first: sbl1, second: sbl2, ...figures }]) => ({
          bin: number,
          ...figures,
          sbl1,
          sbl2,
        })),
        judged: judged.map((lot) => judge(lot, ofYield, ofBins)),
      };
    });
  }
}

/** @throws Problem 400 ambiguous_type: a chip that went through several inspections would count as several units */
function requireOneType(lots: readonly LotCounts[]): void {
  const types = [...new Set(lots.flatMap(({ inspection_types }) => inspection_types))].sort();
  if (types.length > 1) {
    const message = `is required, because several match: ${types.join(', ')}`;
    throw new Problem(400, 'ambiguous_type', `inspection_type ${message}; or combine them with mix=yes`, [
      { parameter: 'inspection_type', message },
    ]);
  }
}

/** Limits by bin, in the order of the bins; a lot without units in a bin counts as 0 there. */
function binLimits(lots: readonly LotCounts[]): Map<number, StatisticalLimits> {
  const fractions = lots.map(({ units, bins }) => new Map(bins.map(({ bin, count }) => [bin, count / units])));
  const bins = [...new Set(fractions.flatMap((ofLot) => [...ofLot.keys()]))].sort((a, b) => a - b);
  return new Map(
    bins.map((bin) => [
      bin,
      statisticalLimits(
        fractions.map((ofLot) => ofLot.get(bin) ?? 0),
        'above',
      ),
    ]),
  );
}

function judge(
  { inspection_types: _types, bins, ...lot }: LotCounts,
  ofYield: StatisticalLimits,
  ofBins: ReadonlyMap<number, StatisticalLimits>,
): YieldLimitsAnswer['judged'][number] {
  const { units, passed } = lot;
  const judged = bins.map(({ bin, count }) => {
    const limits = ofBins.get(bin);
    return {
      bin,
      count,
      fraction: count / units,
      verdict: limits ? limitVerdict(count / units, limits, 'above') : null,
    };
  });
  return {
    ...lot,
    yield: passed / units,
    verdict: limitVerdict(passed / units, ofYield, 'below'),
    bins: judged.filter(({ bin, verdict }) => verdict?.startsWith('beyond') || !ofBins.has(bin)),
  };
}
