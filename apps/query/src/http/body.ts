import { hasLength } from '@chip/contracts';
import { z } from 'zod';
import { isStorable } from './json-limits.ts';

/** Members that several request bodies share. */

/** Text of `min` to `max` characters that PostgreSQL can hold. */
export const storedText = (min: number, max: number) =>
  z
    .string()
    .refine((value) => hasLength(value, min, max) && isStorable(value), {
      error: `expected ${min} to ${max} characters without NUL and lone surrogates`,
    })
    .meta({ minLength: min, maxLength: max });

/** A name that machines use: lot, product, step … */
export const storedName = storedText(1, 100);

/** Why a change is made, for the audit trail and its readers. */
export const reasonText = storedText(1, 1000);

/** Refinement for schemas with `lsl`, `usl` and `target`. */
export function specLimitsInOrder(
  { lsl, usl, target }: { lsl?: number | undefined; usl?: number | undefined; target?: number | undefined },
  context: z.RefinementCtx,
): void {
  if (lsl !== undefined && usl !== undefined && lsl >= usl) {
    context.addIssue({ code: 'custom', path: ['usl'], message: 'expected a value above lsl' });
  } else if (target !== undefined && ((lsl ?? -Infinity) > target || (usl ?? Infinity) < target)) {
    context.addIssue({ code: 'custom', path: ['target'], message: 'expected a value within lsl and usl' });
  }
}
