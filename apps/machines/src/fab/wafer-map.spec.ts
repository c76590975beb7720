import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { waferMap, type WaferLayout } from './wafer-map.ts';

const layouts = fc.record({
  waferDiameterMm: fc.constantFrom(150, 200, 300),
  dieWidthMm: fc.double({ min: 4, max: 40, noNaN: true }),
  dieHeightMm: fc.double({ min: 4, max: 40, noNaN: true }),
  edgeExclusionMm: fc.double({ min: 0, max: 5, noNaN: true }),
});

const usableRadius = (layout: WaferLayout): number => layout.waferDiameterMm / 2 - layout.edgeExclusionMm;

describe('wafer map', () => {
  it('is round: rows grow towards the middle and shrink after it, symmetric to both axes', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const dice = waferMap(layout);
        const rows = new Map<number, number[]>();
        for (const die of dice) {
          rows.set(die.y, [...(rows.get(die.y) ?? []), die.x]);
        }
        const lengths = [...rows.values()].map((row) => row.length);
        expect(lengths).toEqual([...lengths].reverse());
        const half = lengths.slice(0, Math.ceil(lengths.length / 2));
        expect(half).toEqual([...half].sort((a, b) => a - b));
        expect([...rows.values()].filter((row) => row.at(-1)! - row[0]! + 1 !== row.length)).toEqual([]);
      }),
    );
  });

  it('keeps every die whole inside the usable area, and has no room for one more in any row', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const dice = waferMap(layout);
        const usable = usableRadius(layout);
        const rowCount = Math.floor((2 * usable) / layout.dieHeightMm);
        for (const y of new Set(dice.map((die) => die.y))) {
          const count = dice.filter((die) => die.y === y).length;
          const corner = (dies: number): number =>
            Math.hypot((dies * layout.dieWidthMm) / 2, (Math.abs(y - (rowCount - 1) / 2) + 0.5) * layout.dieHeightMm);
          expect(corner(count)).toBeLessThanOrEqual(usable + 1e-9);
          expect(corner(count + 2)).toBeGreaterThan(usable);
        }
        expect(dice.filter((die) => !(die.radius < 1))).toEqual([]);
      }),
    );
  });

  it('has about as many dice as fit the area', () => {
    const dice = waferMap({ waferDiameterMm: 300, dieWidthMm: 10, dieHeightMm: 10, edgeExclusionMm: 3 });
    expect(dice.length).toBeGreaterThan(580);
    expect(dice.length).toBeLessThan((Math.PI * 147 ** 2) / 100);
    expect(new Set(dice.map((die) => `${die.x}/${die.y}`)).size).toBe(dice.length);
  });
});
