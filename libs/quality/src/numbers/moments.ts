/** The numbers behind charts and indices: moments, distributions, published constants, and sigma within samples. */

/** Arithmetic mean; NaN for no values. */
export const mean = (values: readonly number[]): number => {
  // Sums the differences from a first guess, so that a small spread on a large value keeps its digits.
  const [guess = NaN] = values;
  return guess + values.reduce((sum, value) => sum + (value - guess), 0) / values.length;
};

/** Sample standard deviation (n - 1); null for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) {
    return null;
  }
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** The least and the greatest value, of more values than a call of `Math.min` takes arguments; NaN for no values. */
export function extremesOf(values: readonly number[]): [least: number, greatest: number] {
  let [least = NaN, greatest = NaN] = [values[0], values[0]];
  for (const value of values) {
    if (value < least) {
      least = value;
    }
    if (value > greatest) {
      greatest = value;
    }
  }
  return [least, greatest];
}

/** Greatest minus least value; NaN for no values. */
export function range(values: readonly number[]): number {
  const [least, greatest] = extremesOf(values);
  return greatest - least;
}
