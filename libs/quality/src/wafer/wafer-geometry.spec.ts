import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dieCentre, dieSize, grossDice, usableRadius, type WaferGrid } from './wafer-geometry.ts';

const grid: WaferGrid = {
  diameter_mm: 100,
  pitch_x_mm: 10,
  pitch_y_mm: 5,
  centre_x: 3,
  centre_y: -2,
  offset_x_mm: 1,
  offset_y_mm: 0.5,
  notch: 'bottom',
  x_axis: 'right',
  y_axis: 'up',
  edge_exclusion_mm: 3,
};

describe('the centre of a die', () => {
  it.each<[Partial<WaferGrid>, number, number, { u: number; v: number }]>([
    [{}, 3, -2, { u: 1, v: 0.5 }],
    [{}, 4, -1, { u: 11, v: 5.5 }],
    [{ x_axis: 'left' }, 4, -1, { u: -9, v: 5.5 }],
    [{ y_axis: 'down' }, 4, -1, { u: 11, v: -4.5 }],
    // A notch at the left comes to the bottom by a quarter turn against the clock: what was at the right is now on top.
    [{ notch: 'left' }, 4, -2, { u: -0.5, v: 11 }],
    [{ notch: 'top' }, 4, -2, { u: -11, v: -0.5 }],
    [{ notch: 'right' }, 4, -2, { u: 0.5, v: -11 }],
  ])('%j (%i, %i)', (changes, x, y, expected) => {
    const { u, v } = dieCentre({ ...grid, ...changes }, x, y);
    expect(u).toBeCloseTo(expected.u, 12);
    expect(v).toBeCloseTo(expected.v, 12);
  });

  it('keeps its distance from the centre of the wafer, wherever the notch is', () => {
    const step = fc.integer({ min: -500, max: 500 });
    fc.assert(
      fc.property(step, step, (x, y) => {
        const distances = (['bottom', 'left', 'top', 'right'] as const).map((notch) => {
          const { u, v } = dieCentre({ ...grid, notch }, x, y);
          return Math.hypot(u, v);
        });
        expect(Math.max(...distances) - Math.min(...distances)).toBeLessThan(1e-9);
      }),
    );
  });

  it('turns the die with the wafer', () => {
    expect(dieSize(grid)).toEqual({ width: 10, height: 5 });
    expect(dieSize({ ...grid, notch: 'left' })).toEqual({ width: 5, height: 10 });
  });
});

describe('gross dice', () => {
  it.each([
    // Four dice of 1 mm around the centre reach to the square root of 2.
    [{ diameter_mm: 2 * Math.SQRT2 + 1e-9, pitch_x_mm: 1, pitch_y_mm: 1, offset_x_mm: 0.5, offset_y_mm: 0.5 }, 4],
    [{ diameter_mm: 2.8, pitch_x_mm: 1, pitch_y_mm: 1, offset_x_mm: 0.5, offset_y_mm: 0.5 }, 0],
    [{ diameter_mm: 1.5, pitch_x_mm: 1, pitch_y_mm: 1, offset_x_mm: 0, offset_y_mm: 0 }, 1],
  ])('%j', (changes, expected) => {
    expect(grossDice({ ...grid, edge_exclusion_mm: 0, ...changes })).toBe(expected);
  });

  it('are the dice whose farthest corner lies within the usable radius', () => {
    const millimetres = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        millimetres(20, 60),
        millimetres(1, 9),
        millimetres(1, 9),
        millimetres(-1, 1),
        millimetres(-1, 1),
        (diameter_mm, pitch_x_mm, pitch_y_mm, offset_x_mm, offset_y_mm) => {
          const own = { ...grid, diameter_mm, pitch_x_mm, pitch_y_mm, offset_x_mm, offset_y_mm };
          let counted = 0;
          for (let x = -70; x <= 70; x++) {
            for (let y = -70; y <= 70; y++) {
              const { u, v } = dieCentre(own, x + own.centre_x, y + own.centre_y);
              const corner = Math.hypot(Math.abs(u) + pitch_x_mm / 2, Math.abs(v) + pitch_y_mm / 2);
              counted += corner <= usableRadius(own) ? 1 : 0;
            }
          }
          expect(grossDice(own)).toBe(counted);
        },
      ),
    );
  });
});
