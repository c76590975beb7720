/**
 * Parses an option that is a whole number, written in digits only. Both ends of the range are included.
 *
 * @throws TypeError, as parseArgs does for an option that is unknown
 */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    throw new TypeError(`${option} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}
