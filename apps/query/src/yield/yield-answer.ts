import { rolledThroughput, unitYield } from '@chip/quality';
import { namedGroups } from '../attempts/attempt-groups.ts';
import {
  type AttemptPolicy,
  type AttemptQuestion,
  describeChoice,
  describeKnowledge,
} from '../attempts/chosen-attempts.ts';
import { type RolledCounts } from './rolled-throughput.sql.ts';
import { type CountedYield } from './yield-counts.ts';
import { type YieldAnswer, type YieldKind, type YieldParameters } from './yield-parameters.ts';

type Figures = YieldAnswer['totals'];
type Answered = Pick<YieldAnswer, 'definition' | 'definition_id' | 'warning' | 'groups' | 'other' | 'totals'>;

/** The policy that a kind of yield actually uses. */
export function policyOf(kind: Exclude<YieldKind, 'rolled_throughput'>, policy: AttemptPolicy): AttemptPolicy {
  switch (kind) {
    case 'final':
      return policy;
    case 'first_pass':
      return 'first';
    case 'insertion':
      return 'all';
  }
}

/** Answers every kind of yield except rolled throughput. */
export function answerYield(
  { groups, total, inspectionTypes }: CountedYield,
  { kind, group_by, top, ...question }: YieldParameters & AttemptQuestion,
): Answered {
  const types = inspectionTypes.join(', ');
  const what =
    question.policy === 'all'
      ? 'Insertion yield: passing attempts / attempts; units counts attempts, so a retested unit counts each time.'
      : kind === 'first_pass'
        ? 'First-pass yield: units that pass at their first attempt / units with one. A retest is never a first pass, whenever and wherever it ran.'
        : `Final yield, policy ${question.policy}: units whose chosen attempt passes / units.`;
  return {
    definition: `${what} ${describeChoice(question, 'unit')} Inspection types counted: ${types || 'none'}. dppm = 1e6 x failed / units.`,
    definition_id: question.policy === 'all' ? 'yield.insertion/1' : `yield.${kind}/2`,
    ...(inspectionTypes.length > 1 && {
      warning: `${inspectionTypes.length} inspection types are counted together (${types}): a chip that went through several counts as several units. Filter by inspection_type, or use kind=rolled_throughput.`,
    }),
    ...namedGroups(
      groups,
      { group_by, top },
      ({ units, passed }) => unitYield(units, passed),
      (shown) =>
        unitYield(
          total.units - shown.reduce((sum, { units }) => sum + units, 0),
          total.passed - shown.reduce((sum, { passed }) => sum + passed, 0),
        ),
    ),
    totals: unitYield(total.units, total.passed),
  };
}

const rolled = ({ units, passed, operations }: Pick<RolledCounts, 'units' | 'passed' | 'operations'>): Figures => ({
  ...unitYield(units, passed),
  ...rolledThroughput(operations),
});

export function answerRolledThroughput(
  rows: readonly RolledCounts[],
  { group_by, ...question }: YieldParameters & Pick<AttemptQuestion, 'grouping'>,
): Answered {
  const total = rows.find((row) => row.total);
  const totals = rolled(total ?? { units: 0, passed: 0, operations: [] });
  return {
    definition: `Rolled throughput yield: product over operations (inspection type, step) of first-pass yield, units that pass at their first attempt of the operation / units with one. Unit = lot, chip; its product is the one that its attempts name. First by (occurred_at, attempt number with none first, event_id) among all completed, non-voided attempts of the unit at the operation, whatever the range (policy does not apply); it counts only if this attempt has completed_at in [from, to) and matches every filter, where product and its groups are those of the unit. passed = units that pass first time at every counted operation; dppm = 1e6 x (1 - yield). Null across products that do not share their operations, because no unit goes through all of those.${describeKnowledge(question)}`,
    definition_id: 'yield.rolled_throughput/2',
    ...(total !== undefined &&
      totals.yield === null && {
        warning: 'The counted products do not go through the same operations: group by product, or filter by one.',
      }),
    groups: namedGroups(rows, { group_by }, rolled).groups,
    totals,
  };
}
