/** Numbers as machines send them. */
import { z } from 'zod';

/** PostgreSQL refuses to square larger numbers, as the overflow value of an instrument (1.8e308) is, and to sum them up. */
export const MAX_MAGNITUDE = 1e100;
/** It refuses to square smaller ones, too, which come from memory that nobody has written. */
const MIN_MAGNITUDE = 1e-100;

/** Bounds of PostgreSQL's type `integer`. */
export const MIN_INTEGER = -2_147_483_648;
export const MAX_INTEGER = 2_147_483_647;

export const finiteNumber = z.number().min(-MAX_MAGNITUDE).max(MAX_MAGNITUDE);

const isLargeEnough = (value: number): boolean => value === 0 || Math.abs(value) >= MIN_MAGNITUDE;
export const isMeasurable = (value: number): boolean => isLargeEnough(value) && Math.abs(value) <= MAX_MAGNITUDE;

/** A number whose deviation can be squared. */
export const measuredNumber = finiteNumber.refine(isLargeEnough, {
  error: `expected 0, or at least ${MIN_MAGNITUDE} in magnitude`,
});
