import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Geometry } from '../api/answers.ts';
import { cornerOf, layoutOf, placeAt, pointIn } from './layout.ts';

const BOUNDS = { xMin: 0, xMax: 15, yMin: 0, yMax: 12 };
const geometry = (more: Partial<Geometry> = {}): Geometry =>
  ({
    product: 'P',
    diameter_mm: 200,
    pitch_x_mm: 12,
    pitch_y_mm: 14,
    centre_x: 8,
    centre_y: 6,
    offset_x_mm: 6,
    offset_y_mm: 0,
    x_axis: 'right',
    y_axis: 'up',
    ...more,
  }) as Geometry;

describe('the layout of a map', () => {
  it('finds the die under a point of the canvas, whatever the axes', () => {
    const shapes = fc.option(
      fc.record({ x_axis: fc.constantFrom('right', 'left'), y_axis: fc.constantFrom('up', 'down') }),
    );
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 100, max: 2000 }),
        (axes, x, y, size) => {
          const layout = layoutOf(BOUNDS, size, axes && geometry(axes as Partial<Geometry>));
          const [left, top] = cornerOf(layout, x, y);
          expect(placeAt(layout, left + layout.dieWidth / 2, top + layout.dieHeight / 2)).toEqual([x, y]);
        },
      ),
    );
  });

  it('puts a die where the geometry says, in millimetres', () => {
    const layout = layoutOf(BOUNDS, 404, geometry());
    // 2 px per mm; the die near the centre is half a pitch to the right of it.
    expect(layout).toMatchObject({ scale: 2, dieWidth: 24, dieHeight: 28 });
    expect(cornerOf(layout, 8, 6)).toEqual([202, 188]);
    expect(cornerOf(layout, 8, 7)).toEqual([202, 160]);
    const mirrored = layoutOf(BOUNDS, 404, geometry({ x_axis: 'left', y_axis: 'down' }));
    expect(cornerOf(mirrored, 8, 6)).toEqual([202, 188]);
    expect(cornerOf(mirrored, 9, 7)).toEqual([178, 216]);
  });

  it('finds a point within a die from the corner that the axes begin at', () => {
    expect(pointIn(layoutOf(BOUNDS, 404, geometry()), [8, 6], 0.25, 0.25)).toEqual([208, 209]);
    const mirrored = layoutOf(BOUNDS, 404, geometry({ x_axis: 'left', y_axis: 'down' }));
    expect(pointIn(mirrored, [8, 6], 0.25, 0.25)).toEqual([220, 195]);
  });

  it('draws a round wafer of dice for which the geometry has no room', () => {
    const other = geometry({ diameter_mm: 100 });
    expect(layoutOf(BOUNDS, 404, other)).toEqual(layoutOf(BOUNDS, 404));
    expect(layoutOf(BOUNDS, 404, null).scale).toBeUndefined();
  });
});
