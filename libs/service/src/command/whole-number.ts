import { InvalidArgumentError } from 'commander';

/**
 * Parses an option or argument that is a whole number, written in digits only. Both ends of the range are included.
 *
 * @throws InvalidArgumentError, which commander shows with the option's name and text
 */
export const wholeNumber =
  (least = 0, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      const isBeyond = /^\d+$/.test(text) && Number(text) > most;
      const range = most === Number.MAX_SAFE_INTEGER && !isBeyond ? `from ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return value;
  };
