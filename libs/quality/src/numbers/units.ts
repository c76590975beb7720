/** Units of measured values and their conversion. Machines send units as text, so several spellings mean the same unit. */

interface Unit {
  readonly dimension: string;
  /** Value in the SI unit = value x scale x 10^exponent + offset. Integer powers of ten keep 1000 nm = 1 um exact. */
  readonly scale: number;
  readonly exponent: number;
  readonly offset: number;
}

const PREFIXES: Readonly<Record<string, number>> = {
  f: -15,
  p: -12,
  n: -9,
  u: -6,
  // Micro sign and Greek letter, which look the same.
  '\u00b5': -6,
  '\u03bc': -6,
  m: -3,
  c: -2,
  d: -1,
  '': 0,
  h: 2,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
};

const unit = (dimension: string, scale = 1, exponent = 0, offset = 0): Unit => ({ dimension, scale, exponent, offset });

/** Units that take SI prefixes. Source of the factors: NIST Special Publication 811 (2008), appendix B. */
const PREFIXED: Readonly<Record<string, Unit>> = {
  m: unit('length'),
  g: unit('mass', 1, -3),
  s: unit('time'),
  Pa: unit('pressure'),
  bar: unit('pressure', 1, 5),
  Torr: unit('pressure', 101_325 / 760),
  torr: unit('pressure', 101_325 / 760),
  V: unit('voltage'),
  A: unit('current'),
  W: unit('power'),
  J: unit('energy'),
  eV: unit('energy', 1.602176634, -19),
  Hz: unit('frequency'),
  F: unit('capacitance'),
  H: unit('inductance'),
  Ohm: unit('resistance'),
  ohm: unit('resistance'),
  // Greek letter and ohm sign.
  '\u03a9': unit('resistance'),
  '\u2126': unit('resistance'),
  K: unit('temperature'),
};

const FAHRENHEIT = unit('temperature', 5 / 9, 0, 459.67 * (5 / 9));
const CELSIUS = unit('temperature', 1, 0, 273.15);
const ANGSTROM = unit('length', 1, -10);

/** Units by their whole text. C and F are not temperatures here: they mean coulomb and farad. */
const WHOLE: Readonly<Record<string, Unit>> = {
  // Capital A with ring, angstrom sign.
  '\u00c5': ANGSTROM,
  '\u212b': ANGSTROM,
  angstrom: ANGSTROM,
  Angstrom: ANGSTROM,
  micron: unit('length', 1, -6),
  microns: unit('length', 1, -6),
  in: unit('length', 2.54, -2),
  mil: unit('length', 2.54, -5),
  min: unit('time', 60),
  h: unit('time', 3600),
  d: unit('time', 86_400),
  atm: unit('pressure', 101_325),
  psi: unit('pressure', 6894.757293168),
  degC: CELSIUS,
  '\u00b0C': CELSIUS,
  '\u2103': CELSIUS,
  degF: FAHRENHEIT,
  '\u00b0F': FAHRENHEIT,
  '\u2109': FAHRENHEIT,
  '1': unit('ratio'),
  '%': unit('ratio', 1, -2),
  ppm: unit('ratio', 1, -6),
  ppb: unit('ratio', 1, -9),
};

function unitOf(text: string): Unit | undefined {
  if (Object.hasOwn(WHOLE, text)) {
    return WHOLE[text];
  }
  for (const [prefix, exponent] of Object.entries(PREFIXES)) {
    const base = text.slice(prefix.length);
    if (text.startsWith(prefix) && Object.hasOwn(PREFIXED, base)) {
      const found = PREFIXED[base] as Unit;
      return { ...found, exponent: found.exponent + exponent };
    }
  }
  return undefined;
}

/** Value in the other unit = value x factor + offset. */
export interface UnitConversion {
  readonly factor: number;
  readonly offset: number;
}

/** Power of ten as the nearest double; `**` multiplies and can be off in the last digit. */
const tenTo = (exponent: number): number => Number(`1e${exponent}`);

/** Conversion from unit `from` to `to`; undefined when either is unknown or their dimensions differ. */
export function unitConversion(from: string, to: string): UnitConversion | undefined {
  if (from === to) {
    return { factor: 1, offset: 0 };
  }
  const [a, b] = [unitOf(from), unitOf(to)];
  if (a === undefined || b === undefined || a.dimension !== b.dimension) {
    return undefined;
  }
  return {
    factor: (a.scale / b.scale) * tenTo(a.exponent - b.exponent),
    offset: a.offset === b.offset && a.offset === 0 ? 0 : ((a.offset - b.offset) / b.scale) * tenTo(-b.exponent),
  };
}
