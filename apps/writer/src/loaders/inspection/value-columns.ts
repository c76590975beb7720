/** Measured values in the two forms that table `measurement_values` has. */
import { MAX_INTEGER } from '@chip/contracts';

const code = (character: string): number => character.charCodeAt(0);
const [ZERO, NINE, MINUS, POINT, COMMA, CLOSE] = [code('0'), code('9'), code('-'), code('.'), code(','), code('}')];
const END_OF_NULL = code('l');
const [SMALL_E, LARGE_E] = [code('e'), code('E')];
/** The greatest power of ten that a double holds exactly. */
const MOST_DECIMALS = 22;

/** Columns that {@link valueColumns} writes. */
export const VALUE_COLUMNS = ['values', 'decimals', 'digits'];

/**
 * Columns of a COPY line: digits if all values are integers of 4 bytes over the same power of ten, which takes half the
 * space, else the values as they are.
 *
 * @param values text of a PostgreSQL array of JSON numbers and nulls
 */
export const valueColumns = (values: Buffer): Buffer =>
  asDigits(values) ?? Buffer.concat([values, Buffer.from('\t\\N\t\\N')]);

function asDigits(values: Buffer): Buffer | undefined {
  const { decimals, count } = decimalsOf(values);
  if (decimals > MOST_DECIMALS) {
    return undefined;
  }
  const start = `\\N\t${decimals}\t{`;
  const text = Buffer.allocUnsafe(start.length + values.length + decimals * count);
  let end = text.write(start, 'latin1');
  let [number, point, isNegative] = [0, -1, false];
  for (let i = 1; i < values.length; i++) {
    const byte = values[i]!;
    if (byte === POINT) {
      point = i;
      continue;
    }
    if (byte >= ZERO && byte <= NINE) {
      number = number * 10 + byte - ZERO;
    } else if (byte === MINUS) {
      isNegative = true;
    } else if (byte === COMMA || byte === CLOSE) {
      const written = point < 0 ? 0 : i - point - 1;
      for (let missing = values[i - 1] === END_OF_NULL ? 0 : decimals - written; missing > 0; missing--) {
        number *= 10;
        text[end++] = ZERO;
      }
      // An integer has no negative zero.
      if (number > MAX_INTEGER || (isNegative && number === 0)) {
        return undefined;
      }
      [number, point, isNegative] = [0, -1, false];
    }
    text[end++] = byte;
  }
  return text.subarray(0, end);
}

/** The most decimals of a value, infinite if one has an exponent, and the number of values. */
function decimalsOf(values: Buffer): { decimals: number; count: number } {
  let [decimals, count, point] = [0, 0, -1];
  for (let i = 1; i < values.length; i++) {
    const byte = values[i]!;
    if (byte === POINT) {
      point = i;
    } else if (byte === COMMA || byte === CLOSE) {
      decimals = point < 0 ? decimals : Math.max(decimals, i - point - 1);
      count++;
      point = -1;
    } else if (byte === SMALL_E || byte === LARGE_E) {
      return { decimals: Infinity, count };
    }
  }
  return { decimals, count };
}
