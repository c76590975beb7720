import { logGamma } from './distributions.ts';

/** d2 and d3 of n = 2..25: mean and standard deviation of the range of n normal values, in sigma. Six digits, as published. */
const RANGE_CONSTANTS: readonly (readonly [d2: number, d3: number])[] = [
  [1.128379, 0.852502],
  [1.692569, 0.888368],
  [2.058751, 0.879808],
  [2.325929, 0.864082],
  [2.534413, 0.84804],
  [2.704357, 0.833205],
  [2.847201, 0.819831],
  [2.970026, 0.807834],
  [3.077505, 0.797051],
  [3.172873, 0.787315],
  [3.258455, 0.778478],
  [3.33598, 0.770416],
  [3.406763, 0.763023],
  [3.471827, 0.756211],
  [3.531983, 0.749908],
  [3.587884, 0.744052],
  [3.640064, 0.738591],
  [3.688963, 0.733481],
  [3.73495, 0.728686],
  [3.778336, 0.724173],
  [3.819385, 0.719915],
  [3.858323, 0.715887],
  [3.895348, 0.712068],
  [3.930629, 0.708441],
];

/** Largest subgroup whose range is a sensible estimate of sigma. */
export const MAX_RANGE_SIZE = 25;

const rangeConstants = (n: number): readonly [number, number] => {
  const constants = RANGE_CONSTANTS[n - 2];
  if (constants === undefined) {
    throw new RangeError(`ranges are used for 2 to ${MAX_RANGE_SIZE} values, not ${n}`);
  }
  return constants;
};

/** Mean of the range of n standard normal values. @throws RangeError unless n is 2..25 */
export const d2 = (n: number): number => rangeConstants(n)[0];
/** Standard deviation of the range of n standard normal values. @throws RangeError unless n is 2..25 */
export const d3 = (n: number): number => rangeConstants(n)[1];
/** From this n on, the expansion 1 - 1/(4n) - 7/(32n^2) ... is exact to 1e-12, while logarithms of gamma lose digits. */
const LARGE_SAMPLE = 1000;

/** Known values of c4 below it: charts ask for the same few sizes tens of thousands of times. */
const SMALL_C4: number[] = [];

/** Mean of the sample standard deviation of n >= 2 standard normal values. */
export const c4 = (n: number): number =>
  n >= LARGE_SAMPLE
    ? 1 - 1 / (4 * n) - 7 / (32 * n ** 2) - 19 / (128 * n ** 3)
    : (SMALL_C4[n] ??= Math.sqrt(2 / (n - 1)) * Math.exp(logGamma(n / 2) - logGamma((n - 1) / 2)));
