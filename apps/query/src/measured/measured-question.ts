import { type Queryable } from '@chip/persistence';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { Problem } from '../http/problem.error.ts';
import { MAX_KINDS, requireOneKind } from './ambiguity.ts';
import { MAX_SAMPLES } from './measured-parameters.ts';
import { type Break, type MeasuredQuestion, kindsMeasured } from './measured-samples.sql.ts';

/** Refuses instead of charting part of the data, which would look complete. */
export const tooManySamples = (): Problem =>
  new Problem(
    400,
    'invalid_parameter',
    `more than ${MAX_SAMPLES} samples: form larger samples with subgroup, or narrow the range or the filters`,
    [{ parameter: 'subgroup', message: `gives more than ${MAX_SAMPLES} samples in this range` }],
  );

/** Refuses to mix units, products and the like, unless requested. @throws Problem 400 ambiguous_parameter */
export async function requireUnambiguous(
  snapshot: Queryable,
  question: MeasuredQuestion,
  mix: 'yes' | undefined,
): Promise<void> {
  if (mix === undefined) {
    requireOneKind(await kindsMeasured(snapshot, question, MAX_KINDS));
  }
}

/** States in words what the samples consist of. */
export const describeMeasured = (question: MeasuredQuestion, breakAt: Break | undefined): string =>
  `Data: values of ${question.parameter}, ordered by (completed_at, event_id); samples: ${
    typeof question.subgroup === 'number' ? `${question.subgroup} consecutive values each` : `by ${question.subgroup}`
  }. ${describeChoice(question, 'operation')}${breakAt === undefined ? '' : ` Moving ranges break at: ${breakAt}.`}`;
