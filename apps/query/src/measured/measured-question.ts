import { type Queryable } from '@chip/persistence';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { Problem } from '../http/problem.error.ts';
import { specificationsAt } from '../parameters/catalogue.sql.ts';
import { MAX_KINDS, requireOneKind } from './ambiguity.ts';
import { catalogueUnit, conversionTo } from './catalogue-unit.ts';
import { MAX_SAMPLES } from './measured-parameters.ts';
import { kindsMeasured } from './measured-moments.sql.ts';
import { type Break, type MeasuredQuestion } from './measured-samples.sql.ts';

/** Refuses instead of charting part of the data, which would look complete. */
export const tooManySamples = (): Problem =>
  new Problem(
    400,
    'invalid_parameter',
    `more than ${MAX_SAMPLES} samples: form larger samples with subgroup, or narrow the range or the filters`,
    [{ parameter: 'subgroup', message: `gives more than ${MAX_SAMPLES} samples in this range` }],
  );

/**
 * The question with its values in one unit, where the catalogue (or `unit`) says which. Refuses to mix units, products and
 * the like, unless requested.
 *
 * @param unit.wanted the unit of frozen limits, which takes precedence; null or undefined = the unit of the catalogue
 * @param unit.isNeeded whether to find the unit of mixed values as well, which takes another query
 * @throws Problem 400 ambiguous_parameter
 */
export async function unambiguous<Question extends MeasuredQuestion>(
  snapshot: Queryable,
  question: Question,
  mix: 'yes' | undefined,
  unit: { readonly wanted?: string | null | undefined; readonly isNeeded?: boolean | undefined } = {},
): Promise<Question> {
  const specifications = await specificationsAt(snapshot, question.parameter, question.to);
  if (mix === 'yes' && unit.wanted == null && unit.isNeeded !== true && specifications.length === 0) {
    return question;
  }
  const kinds = await kindsMeasured(snapshot, question, MAX_KINDS);
  const wanted = unit.wanted ?? catalogueUnit(kinds, specifications);
  const conversion = wanted === undefined ? undefined : conversionTo(wanted, kinds);
  const isWhole = conversion?.others.length === 0;
  if (mix === undefined) {
    if (wanted !== undefined && !isWhole) {
      // A single unit that cannot become the wanted one would otherwise pass.
      requireOneKind([...kinds, ...kinds.slice(0, 1).map((kind) => ({ ...kind, unit: wanted }))]);
    }
    requireOneKind(isWhole ? kinds.map((kind) => ({ ...kind, unit: conversion.unit })) : kinds);
  }
  const units = new Set(kinds.map((kind) => kind.unit));
  const shared = units.size === 1 ? ([...units][0] ?? null) : null;
  return { ...question, conversion, unit: isWhole ? conversion.unit : shared };
}

/** States in words what the samples consist of. */
export const describeMeasured = (question: MeasuredQuestion, breakAt: Break | undefined): string =>
  `Data: values of ${question.parameter}, ordered by (completed_at, event_id), those of one event as the machine sends them; samples: ${
    typeof question.subgroup === 'number' ? `${question.subgroup} consecutive values each` : `by ${question.subgroup}`
  }. ${describeUnit(question)}${describeChoice(question, 'operation')}${breakAt === undefined ? '' : ` Moving ranges break at: ${breakAt}.`}`;

function describeUnit({ conversion }: MeasuredQuestion): string {
  if (conversion === undefined) {
    return '';
  }
  const from = conversion.from.map(({ unit }) => unit).join(', ');
  const others = conversion.others.map((unit) => (unit === null ? 'without a unit' : `in ${unit}`)).join(', ');
  return `Values in ${conversion.unit}${from === '' ? '' : `, converted from ${from}`}${others === '' ? '' : `; those ${others} as they are`}. `;
}
