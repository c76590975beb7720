/** Layout of a map: where dice and wafer lie in pixels, and their colours. SVG and PNG draw the same layout. */
import { dieCentre, dieSize, usableRadius, type WaferGrid } from '@chip/quality';
import { type Colouring, colouringOf } from './colours.ts';
import { stackedAs } from '../dies.sql.ts';
import { type StackMapAnswer, type WaferMapAnswer } from '../map-answer.ts';

/** A die: its upper left corner, size and colour (index of a swatch). */
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: number;
}

export interface Picture {
  /** Width and height of the drawing, in pixels. */
  readonly size: number;
  readonly cells: () => Generator<Cell>;
  readonly colouring: Colouring;
  /** Edge of the wafer and of the exclusion; the notch is at the bottom. Absent without geometry. */
  readonly wafer?: { readonly centre: number; readonly radius: number; readonly usable: number };
  readonly title: string;
  /** Lines below the title: what is shown, and as of when. */
  readonly notes: readonly string[];
}

export type Mapped = Pick<
  StackMapAnswer,
  'as_of' | 'value' | 'unit' | 'x_min' | 'x_max' | 'y_min' | 'y_max' | 'geometry' | 'definition_id'
> & { readonly dies: WaferMapAnswer['dies'] | StackMapAnswer['dies'] };

/** Part of the drawing that stays free around the wafer. */
const MARGIN = 0.03;
/** Part of a die that the gap to its neighbour takes. */
const GAP = 0.06;

/** @param isStack whether a value is that of several wafers */
export function layOut(map: Mapped, title: string, size: number, isStack: boolean): Picture {
  const values = function* (): Generator<string | number | null> {
    for (const [, , value] of map.dies) {
      yield value;
    }
  };
  const { time } = map.as_of;
  const common = {
    size,
    colouring: colouringOf(kindOf(map.value, isStack), values()),
    title,
    notes: [
      `${map.value}${map.unit === null ? '' : ` (${map.unit})`}, ${map.dies.length} dice, ${map.definition_id}`,
      `as of ${time ?? 'no event'}`,
    ],
  };
  const { geometry } = map;
  return geometry === null
    ? { ...common, ...onGrid(map, size, common.colouring) }
    : { ...common, ...onWafer(map, geometry, size, common.colouring) };
}

function kindOf(value: string, isStack: boolean): Parameters<typeof colouringOf>[0] {
  switch (stackedAs(value)) {
    case 'fail_fraction':
      return isStack ? 'failures' : 'verdict';
    case 'most_frequent':
      return 'category';
    case 'mean':
      return 'values';
  }
}

type Drawn = Pick<Picture, 'cells' | 'wafer'>;

function onWafer({ dies }: Mapped, grid: WaferGrid, size: number, { indexOf }: Colouring): Drawn {
  const centre = size / 2;
  const scale = (size * (1 - 2 * MARGIN)) / grid.diameter_mm;
  const pitch = dieSize(grid);
  const [width, height] = [pitch.width * scale * (1 - GAP), pitch.height * scale * (1 - GAP)];
  return {
    wafer: { centre, radius: (grid.diameter_mm / 2) * scale, usable: usableRadius(grid) * scale },
    cells: function* () {
      for (const [x, y, value] of dies) {
        const { u, v } = dieCentre(grid, x, y);
        yield {
          x: centre + u * scale - width / 2,
          y: centre - v * scale - height / 2,
          width,
          height,
          colour: indexOf(value),
        };
      }
    },
  };
}

/** Without a geometry: dice as squares, x to the right and y upwards. */
function onGrid({ dies, x_min, x_max, y_min, y_max }: Mapped, size: number, { indexOf }: Colouring): Drawn {
  const [left, right, bottom, top] = [x_min ?? 0, x_max ?? 0, y_min ?? 0, y_max ?? 0];
  const scale = (size * (1 - 2 * MARGIN)) / Math.max(right - left + 1, top - bottom + 1);
  const side = scale * (1 - GAP);
  return {
    cells: function* () {
      for (const [x, y, value] of dies) {
        yield {
          x: size / 2 + (x - (left + right) / 2) * scale - side / 2,
          y: size / 2 - (y - (bottom + top) / 2) * scale - side / 2,
          width: side,
          height: side,
          colour: indexOf(value),
        };
      }
    },
  };
}
