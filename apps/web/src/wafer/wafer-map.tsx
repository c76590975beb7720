import { type JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Palette } from '../colours/palette.ts';
import { timed } from '../timing.ts';
import { texts } from '../texts/texts.ts';
import { drawMap, drawMark, type Drawing } from './draw.ts';
import { type DiceGrid, type Direction } from './footprint.ts';
import { type Geometry } from '../api/answers.ts';
import { type Overlay } from './overlay.ts';
import { type Layout, layoutOf, placeAt } from './layout.ts';
import { type Scale } from './scale.ts';

/** Canvas for one map: as many pixels as the screen shows, up to a limit above which nothing gets sharper. */
const MOST_PIXELS = 2_000;

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const OPPOSITE: Readonly<Record<Direction, Direction>> = { left: 'right', right: 'left', up: 'down', down: 'up' };

/** Where a direction of the screen leads in steps of the machine. */
const directionOf = (direction: Direction, { isMirrored, isUpsideDown }: Layout): Direction =>
  (direction === 'left' || direction === 'right' ? isMirrored : isUpsideDown) ? OPPOSITE[direction] : direction;

export interface WaferMapProps {
  readonly label: string;
  readonly grid: DiceGrid;
  readonly scale: Scale;
  readonly shown: ReadonlySet<string>;
  readonly palette: Palette;
  readonly footprint: Drawing['footprint'];
  readonly geometry: Geometry | null;
  readonly overlay?: Overlay | undefined;
  /** Index of the selected die. */
  readonly selected: number | undefined;
  readonly onSelect: (index: number | undefined) => void;
  readonly onOpen: (index: number) => void;
  /** What is known about a die, in words. */
  readonly describe: (index: number) => string;
}

/** Edge length of an element in pixels of the screen, as it changes. */
function useSize(element: { readonly current: HTMLElement | null }): number {
  const [size, setSize] = useState(0);
  useLayoutEffect(() => {
    const box = element.current;
    if (!box) {
      return undefined;
    }
    const measure = (): void =>
      setSize(Math.min(MOST_PIXELS, Math.round(box.clientWidth * Math.max(1, devicePixelRatio))));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** A map to look at, point at and walk through by keyboard. */
export function WaferMap(props: WaferMapProps): JSX.Element {
  const { label, grid, scale, shown, palette, footprint, geometry, overlay } = props;
  const { selected, onSelect, onOpen, describe } = props;
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<readonly [x: number, y: number]>();
  const moved = useRef<number>(undefined);
  const size = useSize(box);
  const hovered = pointed && grid.indexAt(...pointed);
  const layout = useMemo(() => layoutOf(grid.bounds, size, geometry), [grid, size, geometry]);

  useLayoutEffect(() => {
    const context = map.current?.getContext('2d');
    if (context && size > 0) {
      const began = performance.now();
      drawMap(context, layout, { grid, scale, shown, palette, footprint, geometry, overlay });
      timed('map', began);
    }
  }, [layout, grid, scale, shown, palette, footprint, overlay, size]);

  useLayoutEffect(() => {
    const context = marks.current?.getContext('2d');
    if (!context) {
      return;
    }
    context.clearRect(0, 0, size, size);
    for (const [index, isSelected] of [
      [hovered, false],
      [selected, true],
    ] as const) {
      const die = index === undefined ? undefined : grid.dice[index];
      if (die) {
        drawMark(context, layout, die, palette, isSelected);
      }
    }
    if (moved.current !== undefined) {
      timed('hover', moved.current);
      moved.current = undefined;
    }
  }, [layout, grid, hovered, selected, palette, size]);

  const placeUnder = ({ offsetX, offsetY }: MouseEvent): readonly [x: number, y: number] => {
    const perPixel = size / (box.current?.clientWidth || 1);
    return placeAt(layout, offsetX * perPixel, offsetY * perPixel);
  };
  const dieUnder = (event: MouseEvent): number | undefined => grid.indexAt(...placeUnder(event));
  const isFailing = (index: number | undefined): boolean =>
    index !== undefined && (scale.entries[index]?.isFailing ?? false);
  const onKey = (event: KeyboardEvent): void => {
    const direction = DIRECTIONS[event.key];
    const from = selected ?? 0;
    if (event.ctrlKey || event.metaKey || event.altKey || grid.dice.length === 0) {
      return;
    }
    if (direction !== undefined) {
      onSelect(selected === undefined ? 0 : grid.towards(from, directionOf(direction, layout)));
    } else if (event.key === 'n' || event.key === 'p') {
      const step = event.key === 'n' ? 1 : -1;
      const start = selected ?? (step > 0 ? -1 : grid.dice.length);
      onSelect(grid.next(start, step, ([, , value]) => isFailing(scale.indexOf(value))));
    } else if (event.key === 'Home' || event.key === 'End') {
      onSelect(event.key === 'Home' ? 0 : grid.dice.length - 1);
    } else if (event.key === 'Enter' && selected !== undefined) {
      onOpen(selected);
    } else if (event.key === 'Escape') {
      onSelect(undefined);
    } else {
      return;
    }
    event.preventDefault();
  };
  const said = selected ?? hovered;
  return (
    <div class="wafer-map">
      <div
        ref={box}
        class="canvases"
        role="application"
        aria-label={`${label}. ${texts().wafer.keys}`}
        tabIndex={0}
        onKeyDown={onKey}
        onPointerMove={(event) => {
          moved.current = performance.now();
          const place = placeUnder(event);
          setPointed((last) => (last?.join() === place.join() ? last : place));
        }}
        onPointerLeave={() => setPointed(undefined)}
        onClick={(event) => onSelect(dieUnder(event))}
        onDblClick={(event) => {
          const index = dieUnder(event);
          if (index !== undefined) {
            onOpen(index);
          }
        }}
      >
        <canvas ref={map} width={size} height={size} />
        <canvas ref={marks} width={size} height={size} class="marks" />
      </div>
      <p class="readout">{hovered !== undefined ? describe(hovered) : said !== undefined ? describe(said) : ' '}</p>
      <p class="hidden" aria-live="polite">
        {selected !== undefined ? describe(selected) : ''}
      </p>
    </div>
  );
}
