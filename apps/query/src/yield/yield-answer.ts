import { z } from 'zod';
import {
  ATTEMPT_GROUPS,
  ATTEMPT_POLICIES,
  type AttemptPolicy,
  COUNTED_ATTEMPTS,
  groupName,
  POLICY_CHOICE,
} from '../counted-attempts.ts';
import { asOfSchema, count, definitionSchema, groupNameSchema } from '../answers.ts';
import { attemptParameters, endsInOrder } from '../parameters.ts';
import { type RolledCounts } from './rolled-throughput.query.ts';
import { YIELD_KINDS, type YieldCounts, type YieldKind } from './yield.query.ts';

export const yieldParameters = z
  .strictObject({
    ...attemptParameters,
    group_by: z
      .enum(ATTEMPT_GROUPS)
      .optional()
      .meta({
        description:
          'One group per value, taken from the chosen attempt; days and months are UTC. Without it: totals only.',
        examples: ['month'],
      }),
    kind: z
      .enum(YIELD_KINDS)
      .default('final')
      .meta({
        description:
          'final: one attempt per unit, chosen by `policy`. first_pass: the first attempt of each unit. insertion: every attempt counts. rolled_throughput: product over the steps of their first-pass yields.',
        examples: ['final'],
      }),
    policy: z
      .enum(ATTEMPT_POLICIES)
      .default('last')
      .meta({
        description: 'Which attempt stands for a unit that was tested more than once. Applies to kind=final.',
        examples: ['last'],
      }),
  })
  .superRefine(endsInOrder);
export type YieldParameters = z.output<typeof yieldParameters>;

const fraction = z.number().min(0).max(1);
const figures = {
  units: count.meta({ description: 'Units counted (with kind=insertion: attempts).', examples: [555] }),
  passed: count.meta({ examples: [504] }),
  failed: count.meta({ examples: [51] }),
  yield: fraction
    .nullable()
    .meta({ description: 'Fraction 0..1; null when there are no units.', examples: [0.908108] }),
  dppm: z
    .number()
    .nullable()
    .meta({ description: 'Defective parts per million; null when there are no units.', examples: [91891.89] }),
  steps: z
    .array(z.strictObject({ step: z.string(), units: count, passed: count, yield: fraction }))
    .optional()
    .meta({ description: 'With kind=rolled_throughput: first-pass yield of each step.' }),
};

export const yieldAnswer = z
  .strictObject({
    as_of: asOfSchema,
    definition: definitionSchema,
    groups: z.array(
      z.strictObject({
        ...groupNameSchema,
        ...figures,
      }),
    ),
    totals: z.strictObject(figures).meta({ description: 'From the unit counts themselves, never a mean of groups.' }),
  })
  .meta({ id: 'Yield' });
export type YieldAnswer = z.output<typeof yieldAnswer>;
type Figures = YieldAnswer['totals'];

const COUNTED = `${COUNTED_ATTEMPTS}; unit = lot, chip, inspection type`;

/** Says in words what the numbers of an answer are. */
export function defineYield(kind: YieldKind, policy: AttemptPolicy): string {
  switch (kind) {
    case 'final':
      return `Final yield, policy ${policy}: units whose chosen attempt passes / units. Counted: ${COUNTED}. Chosen per unit: ${POLICY_CHOICE[policy]} by (occurred_at, event_id), among the attempts counted. dppm = 1e6 x failed / units.`;
    case 'first_pass':
      return `First-pass yield: units that pass at their first attempt / units (policy does not apply). Counted: ${COUNTED}. First by (occurred_at, event_id), among the attempts counted. dppm = 1e6 x failed / units.`;
    case 'insertion':
      return `Insertion yield: passing attempts / attempts; units counts attempts, so a retested unit counts each time (policy does not apply). Counted: ${COUNTED}. dppm = 1e6 x failed / attempts.`;
    case 'rolled_throughput':
      return `Rolled throughput yield: product over steps of first-pass yield, units passing at their first attempt of the step / units with one (policy does not apply). Counted: ${COUNTED}. First by (occurred_at, event_id) within unit and step, among the attempts counted. passed = units that pass first time at every step they went through; dppm = 1e6 x (1 - yield).`;
  }
}

const perUnit = (units: number, passed: number): Figures => ({
  units,
  passed,
  failed: units - passed,
  yield: units === 0 ? null : passed / units,
  dppm: units === 0 ? null : (1e6 * (units - passed)) / units,
});

function perStep(counts: RolledCounts): Figures {
  const steps = counts.steps.map(({ step, units, passed }) => ({ step, units, passed, yield: passed / units }));
  const rolled = steps.length === 0 ? null : steps.reduce((product, step) => product * step.yield, 1);
  return {
    ...perUnit(counts.units, counts.passed),
    yield: rolled,
    dppm: rolled === null ? null : 1e6 * (1 - rolled),
    steps,
  };
}

const NOTHING_ROLLED: Figures = { ...perUnit(0, 0), steps: [] };

/** Turns counted rows into the published figures. Rows without a total mean that nothing was counted. */
export function summariseYield(
  rows: readonly (YieldCounts | RolledCounts)[],
  parameters: Pick<YieldParameters, 'group_by' | 'kind'>,
): Pick<YieldAnswer, 'groups' | 'totals'> {
  const figuresOf = (row: YieldCounts | RolledCounts): Figures =>
    'steps' in row ? perStep(row) : perUnit(row.units, row.passed);
  const total = rows.find((row) => row.total);
  return {
    groups:
      parameters.group_by === undefined
        ? []
        : rows
            .filter((row) => !row.total)
            .map((row) => ({ ...groupName(row, parameters.group_by), ...figuresOf(row) })),
    totals: total ? figuresOf(total) : parameters.kind === 'rolled_throughput' ? NOTHING_ROLLED : perUnit(0, 0),
  };
}
