/** Reads the numbers and times of a sample from bytes. */
import { parseTime, sameBytes, viewOf } from '@chip/contracts';

/** A double holds this many digits exactly, so that one division gives the same number as JSON.parse. */
const MAX_DIGITS = 15;
/** Below this value JavaScript writes an exponent. */
const LEAST_PLAIN = 1e-6;
const POWERS = Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const HOUR_CHARACTERS = 13;
/** `2026-05-31T12:00:00Z`. */
const LEAST_TIME_CHARACTERS = 20;
const MAX_TIME_DECIMALS = 6;

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;

/** Returns results in its fields, so that no sample costs an object. */
export class ValueReader {
  /** The last number, and where its shortest form ends. */
  number = 0;
  canonicalTo = 0;
  /** The last time, µs since 1970. */
  timeUs = 0;
  // Date and hour of the last time read; most times of a fetch share them.
  readonly #hourText = new Uint8Array(HOUR_CHARACTERS);
  readonly #hourView = viewOf(this.#hourText);
  #hourUs = NaN;

  /** Reads a number without an exponent. @returns its end, or -1 */
  readNumber(bytes: Buffer, start: number): number {
    let at = start;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) {
      at++;
    }
    const digitsFrom = at;
    let mantissa = 0;
    let digit = bytes[at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    let digits = at - digitsFrom;
    if (digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[digitsFrom] === ZERO)) {
      return -1;
    }
    let decimals = 0;
    let canonicalTo = at;
    if (bytes[at] === POINT) {
      const decimalsFrom = ++at;
      digit = bytes[at]! - ZERO;
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        at++;
        if (digit !== 0) {
          canonicalTo = at;
        }
        digit = bytes[at]! - ZERO;
      }
      decimals = at - decimalsFrom;
      digits += decimals;
      if (decimals === 0 || digits > MAX_DIGITS) {
        return -1;
      }
    }
    const value = mantissa / POWERS[decimals]!;
    // Minus zero and numbers that JavaScript writes with an exponent have another shortest form.
    if (value === 0 ? isNegative : value < LEAST_PLAIN) {
      return -1;
    }
    this.number = isNegative ? -value : value;
    this.canonicalTo = canonicalTo;
    return at;
  }

  /**
   * Reads a time in UTC with capital letters and at most six fractional digits, which COPY takes unchanged.
   *
   * @param view of `bytes`
   * @returns its end, or -1
   */
  readTime(bytes: Buffer, view: DataView, from: number): number {
    if (from + LEAST_TIME_CHARACTERS > bytes.length || !this.#readHour(bytes, view, from)) {
      return -1;
    }
    if (bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) {
      return -1;
    }
    const minute = twoDigits(bytes, from + 14);
    const second = twoDigits(bytes, from + 17);
    if (!(minute <= 59 && second <= 59)) {
      return -1;
    }
    let at = from + 19;
    let micros = 0;
    if (bytes[at] === POINT) {
      const decimalsFrom = ++at;
      let digit = bytes[at]! - ZERO;
      while (digit >= 0 && digit <= 9) {
        micros = micros * 10 + digit;
        digit = bytes[++at]! - ZERO;
      }
      const decimals = at - decimalsFrom;
      if (decimals === 0 || decimals > MAX_TIME_DECIMALS) {
        return -1;
      }
      micros *= POWERS[MAX_TIME_DECIMALS - decimals]!;
    }
    if (bytes[at] !== UPPER_Z) {
      return -1;
    }
    this.timeUs = this.#hourUs + (minute * 60 + second) * 1_000_000 + micros;
    return at + 1;
  }

  #readHour(bytes: Buffer, view: DataView, from: number): boolean {
    if (!sameBytes(view, from, this.#hourView, 0, HOUR_CHARACTERS)) {
      const hourUs = parseTime(`${bytes.toString('latin1', from, from + HOUR_CHARACTERS)}:00:00Z`);
      if (Number.isNaN(hourUs) || bytes[from + 10] !== UPPER_T) {
        return false;
      }
      bytes.copy(this.#hourText, 0, from, from + HOUR_CHARACTERS);
      this.#hourUs = hourUs;
    }
    return true;
  }
}

const twoDigits = (bytes: Buffer, at: number): number => {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
};
