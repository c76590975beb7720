import { pareto } from '@chip/quality';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asOfSchema, count, definitionSchema } from '../answers.ts';
import { ATTEMPT_POLICIES, COUNTED_ATTEMPTS, POLICY_CHOICE } from '../counted-attempts.ts';
import { Answers } from '../documented-route.ts';
import { attemptParameters, endsInOrder } from '../parameters.ts';
import { Snapshots } from '../snapshots.ts';
import { binCounts, BINS } from './bin-pareto.query.ts';

const paretoParameters = z
  .strictObject({
    bin: z.enum(BINS).default('hard').meta({
      description: 'hard: physical disposition of the unit. soft: logical cause of a failure.',
      example: 'hard',
    }),
    policy: z.enum(ATTEMPT_POLICIES).default('last').meta({
      description: 'Which attempt stands for a unit that was tested more than once.',
      example: 'last',
    }),
    ...attemptParameters,
  })
  .superRefine(endsInOrder);
type ParetoParameters = z.output<typeof paretoParameters>;

const share = z.number().min(0).max(1);
const paretoAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    groups: z.array(
      z.strictObject({
        key: z.int().meta({ description: 'Bin number.', examples: [1] }),
        count: count.meta({ description: 'Units whose chosen attempt has this bin.' }),
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
    const { bin, policy } = parameters;
    return this.snapshots.answer(async (snapshot) => {
      const rows = await binCounts(snapshot, parameters, bin, policy);
      const binned = rows.filter((row): row is typeof row & { key: number } => row.key !== null);
      return {
        definition: `Units (lot, chip, inspection type) by ${bin} bin of ${POLICY_CHOICE[policy]} by (occurred_at, event_id), among ${COUNTED_ATTEMPTS}. Shares are of the units with a bin.`,
        groups: pareto(binned),
        totals: {
          count: binned.reduce((sum, row) => sum + row.count, 0),
          without_bin: rows.find((row) => row.key === null)?.count ?? 0,
        },
      };
    });
  }
}
