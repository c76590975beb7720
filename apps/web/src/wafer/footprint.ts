/** Which dice a map has, and which is next to which. */
import { type Die } from '../api/answers.ts';

export interface Bounds {
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
}

/** More columns or rows than any wafer has: such a map comes from a mistake, and its grid would not fit into memory. */
const MOST_STEPS = 4_000;

/** The extent of places; undefined without any. */
export function boundsOf(places: Iterable<readonly [x: number, y: number, ...rest: unknown[]]>): Bounds | undefined {
  let [xMin, xMax, yMin, yMax] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of places) {
    xMin = Math.min(xMin, x);
    xMax = Math.max(xMax, x);
    yMin = Math.min(yMin, y);
    yMax = Math.max(yMax, y);
  }
  return xMin > xMax ? undefined : { xMin, xMax, yMin, yMax };
}

export const columnsOf = ({ xMin, xMax }: Bounds): number => xMax - xMin + 1;
export const rowsOf = ({ yMin, yMax }: Bounds): number => yMax - yMin + 1;

export const isDrawable = (bounds: Bounds): boolean => columnsOf(bounds) <= MOST_STEPS && rowsOf(bounds) <= MOST_STEPS;

export type Direction = 'left' | 'right' | 'up' | 'down';

const STEPS: Readonly<Record<Direction, readonly [dx: number, dy: number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, 1],
  down: [0, -1],
};

/** The dice of one map by place. */
export class DiceGrid {
  readonly bounds: Bounds;
  readonly dice: readonly Die[];
  /** Index of the die at each place, plus one; 0 = none. Made on demand, because one stray die makes it large. */
  #at: Int32Array | undefined;

  constructor(dice: readonly Die[], bounds: Bounds) {
    this.bounds = bounds;
    this.dice = dice;
  }

  #indexes(): Int32Array {
    const at = new Int32Array(columnsOf(this.bounds) * rowsOf(this.bounds));
    this.dice.forEach(([x, y], index) => {
      const place = this.#placeOf(x, y);
      if (place !== undefined) {
        at[place] = index + 1;
      }
    });
    return at;
  }

  #placeOf(x: number, y: number): number | undefined {
    const { xMin, xMax, yMin, yMax } = this.bounds;
    return x < xMin || x > xMax || y < yMin || y > yMax ? undefined : (y - yMin) * columnsOf(this.bounds) + x - xMin;
  }

  /** Index of the die at a place; undefined without one. */
  indexAt(x: number, y: number): number | undefined {
    const place = this.#placeOf(x, y);
    this.#at ??= this.#indexes();
    const found = place === undefined ? 0 : (this.#at[place] ?? 0);
    return found === 0 ? undefined : found - 1;
  }

  /** The nearest die in a direction, in the same row or column; `index` itself at the edge. */
  towards(index: number, direction: Direction): number {
    const die = this.dice[index];
    if (!die) {
      return index;
    }
    const [dx, dy] = STEPS[direction];
    const { xMin, xMax, yMin, yMax } = this.bounds;
    let [x, y] = [die[0] + dx, die[1] + dy];
    for (; x >= xMin && x <= xMax && y >= yMin && y <= yMax; x += dx, y += dy) {
      const found = this.indexAt(x, y);
      if (found !== undefined) {
        return found;
      }
    }
    return index;
  }

  /** The next die that `matches`, in the order of the dice and around the end; `index` without any. */
  next(index: number, step: 1 | -1, matches: (die: Die) => boolean): number {
    const count = this.dice.length;
    for (let moved = 1; moved <= count; moved++) {
      const candidate = (((index + step * moved) % count) + count) % count;
      const die = this.dice[candidate];
      if (die && matches(die)) {
        return candidate;
      }
    }
    return index;
  }
}
