import { describe, expect, it } from '@jest/globals';
import { unitConversion } from './units.ts';

const convert = (value: number, from: string, to: string): number | undefined => {
  const conversion = unitConversion(from, to);
  return conversion && value * conversion.factor + conversion.offset;
};

describe('unitConversion', () => {
  it.each([
    [0.045, 'um', 'nm', 45],
    [0.045, '\u00b5m', 'nm', 45],
    [0.045, '\u03bcm', 'um', 0.045],
    [450, '\u00c5', 'nm', 45],
    [1, 'mil', 'um', 25.4],
    [1, 'in', 'mm', 25.4],
    [1, 'min', 's', 60],
    [760, 'Torr', 'Pa', 101_325],
    [1, 'mTorr', 'Pa', 0.133322368],
    [1, 'mbar', 'Pa', 100],
    [1, 'hPa', 'mbar', 1],
    [1, 'psi', 'kPa', 6.894757293],
    [25, 'degC', 'K', 298.15],
    [100, '\u00b0C', 'degF', 212],
    [-40, '\u2109', '\u2103', -40],
    [300, 'mK', 'K', 0.3],
    [1500, 'mV', 'V', 1.5],
    [3.3, 'kOhm', '\u03a9', 3300],
    [2, '%', 'ppm', 20_000],
    [7, 'furlong', 'furlong', 7],
  ])('%d %s in %s', (value, from, to, expected) => {
    expect(convert(value, from, to)).toBeCloseTo(expected, 8);
  });

  it('is exact between powers of ten', () => {
    expect(unitConversion('um', 'nm')).toEqual({ factor: 1000, offset: 0 });
    expect(unitConversion('pm', 'mm')).toEqual({ factor: 1e-9, offset: 0 });
  });

  it('has none between things that are not the same, or not known', () => {
    const pairs = [
      ['nm', 'V'],
      ['m', 'min'],
      ['furlong', 'm'],
      ['K', 'C'],
      ['', 'm'],
      ['constructor', 'm'],
      ['mmin', 's'],
      ['NM', 'nm'],
    ] as const;
    expect(pairs.filter(([from, to]) => unitConversion(from, to) !== undefined)).toEqual([]);
  });

  it('goes there and back', () => {
    for (const [from, to] of [
      ['degF', 'K'],
      ['nm', 'in'],
      ['Torr', 'psi'],
    ] as const) {
      expect(convert(convert(12.5, from, to)!, to, from)).toBeCloseTo(12.5, 10);
    }
  });
});
