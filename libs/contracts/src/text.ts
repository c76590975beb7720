/** Text and times as machines send them, the building blocks of every event schema. */
import { z } from 'zod';
import { parseTime } from './time.ts';

/** Text from a machine. Its length counts code points, as PostgreSQL's varchar does. */
export const machineText = (min: number, max: number) =>
  z
    .string()
    .refine((text) => hasLength(text, min, max), { error: `expected ${min} to ${max} characters` })
    .meta({ minLength: min, maxLength: max });

export const hasLength = (text: string, min: number, max: number): boolean => {
  if (text.length < min) {
    return false;
  }
  if (text.length <= max) {
    return true;
  }
  // A surrogate pair is one character, so only a text of up to twice the limit can still fit.
  return text.length <= 2 * max && [...text].length <= max;
};

export const timeText = z
  .string()
  .refine((text) => !Number.isNaN(parseTime(text)), { error: 'expected an RFC 3339 time with Z or an offset' })
  .meta({ format: 'date-time', examples: ['2026-03-14T09:26:53.589793Z'] });
