import { pareto } from '@chip/quality';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { INSPECTION_RESULTS } from '@chip/contracts';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';
import { policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { Answers } from '../http/documented-route.ts';
import { endsInOrder } from '../http/parameters.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { binCounts, BINS } from './bin-pareto.sql.ts';

const paretoParameters = z
  .strictObject({
    bin: z.enum(BINS).default('hard').meta({
      description: 'hard: physical disposition of the unit. soft: logical cause of a failure.',
      example: 'hard',
    }),
    result: z.enum(INSPECTION_RESULTS).optional().meta({
      description: 'Only attempts with this verdict: fail leaves the pass bins out of the counts and shares.',
      example: 'fail',
    }),
    policy: policyParameter,
    ...statisticParameters,
  })
  .superRefine(endsInOrder);
type ParetoParameters = z.output<typeof paretoParameters>;

const share = z.number().min(0).max(1);
const paretoAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(
      z.strictObject({
        key: z.int().meta({ description: 'Bin number.', examples: [1] }),
        count: count.meta({ description: 'Units whose chosen attempt has this bin; with policy=all, attempts.' }),
        passed: count.meta({ description: 'Of these, units that pass.' }),
        share: share.meta({ description: 'Of all units with a bin.' }),
        cumulative_share: share,
      }),
    ),
    totals: z.strictObject({
      count: count.meta({ description: 'Units with a bin.' }),
      without_bin: count.meta({ description: 'Units whose chosen attempt has none.' }),
    }),
  })
  .meta({ id: 'BinPareto' });
type ParetoAnswer = z.output<typeof paretoAnswer>;

@ApiTags('Bins')
@Controller('v1/bins')
export class BinsController {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @Get('pareto')
  @Answers(paretoAnswer, {
    summary: 'Units by bin',
    description:
      'Most frequent bin first, with shares and cumulative shares; equal counts in the order of their numbers.',
  })
  pareto(@Query({ schema: paretoParameters }) parameters: ParetoParameters): Promise<ParetoAnswer> {
    const { bin, policy, result } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const rows = await binCounts(snapshot, parameters, bin);
      const binned = rows.filter((row): row is typeof row & { key: number } => row.key !== null);
      const verdict = result === undefined ? '' : ` that ${result}`;
      return {
        definition: `${policy === 'all' ? 'Attempts' : 'Units'}${verdict} by ${bin} bin. ${describeChoice(parameters, 'unit')} Shares are of ${policy === 'all' ? 'the attempts' : 'the units'}${verdict} with a bin.`,
        definition_id: `bins.${bin}/2`,
        groups: pareto(binned),
        totals: {
          count: binned.reduce((sum, row) => sum + row.count, 0),
          without_bin: rows.find((row) => row.key === null)?.count ?? 0,
        },
      };
    });
  }
}
