import { type Queryable } from '@chip/persistence';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { Problem } from '../http/problem.error.ts';
import { MAX_KINDS, requireOneKind } from './ambiguity.ts';
import { MAX_SAMPLES } from './measured-parameters.ts';
import { type Break, type MeasuredQuestion, kindsMeasured } from './measured-samples.sql.ts';

/** A chart of a part of the data would look whole: it is refused instead. */
export const tooManySamples = (): Problem =>
  new Problem(
    400,
    'invalid_parameter',
    `more than ${MAX_SAMPLES} samples: form larger ones with subgroup, or narrow the range or the filters`,
    [{ parameter: 'subgroup', message: `makes more than ${MAX_SAMPLES} samples of the range` }],
  );

/** Refuses what would mix units, products and the like, unless that is asked for. @throws Problem 400 ambiguous_parameter */
export async function requireUnambiguous(
  snapshot: Queryable,
  question: MeasuredQuestion,
  mix: 'yes' | undefined,
): Promise<void> {
  if (mix === undefined) {
    requireOneKind(await kindsMeasured(snapshot, question, MAX_KINDS));
  }
}

/** What the samples are made of, in words. */
export const describeMeasured = (question: MeasuredQuestion, breakAt: Break | undefined): string =>
  `Data: values of ${question.parameter}, ordered by (completed_at, event_id); samples: ${
    typeof question.subgroup === 'number' ? `${question.subgroup} after the other` : `by ${question.subgroup}`
  }. ${describeChoice(question, 'operation')}${breakAt === undefined ? '' : ` Moving ranges break at: ${breakAt}.`}`;
