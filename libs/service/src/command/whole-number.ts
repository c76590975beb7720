import { InvalidArgumentError } from 'commander';

/**
 * Parses an option or argument that counts something: digits alone, both ends included.
 *
 * @throws InvalidArgumentError, which commander shows with the option's name and the text that was given
 */
export const wholeNumber =
  (least = 0, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return value;
  };
