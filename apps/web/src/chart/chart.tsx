/** A chart to look at, point at and walk through by keyboard. Draws what the API answered and computes nothing. */
import { type JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { type Palette } from '../colours/palette.ts';
import { timed } from '../timing.ts';
import { texts } from '../texts/texts.ts';
import { drawFlags, drawMarks, type Flag, type Mark } from './marks.ts';

export interface Line {
  readonly label: string;
  /** One value for each x; null leaves a gap, undefined is passed over. */
  readonly values: readonly (number | null | undefined)[];
  readonly colour: string;
  readonly look: 'points' | 'line' | 'limit' | 'centre' | 'edge';
  /** Lines with different numbers have different dashes, for those who cannot tell their colours. */
  readonly dash?: number;
}

export interface ChartProps {
  /** What the chart shows, for those who cannot see it. */
  readonly label: string;
  /** Positions from left to right: rising. With a time zone: s since 1970. */
  readonly x: readonly number[];
  /** The zone that a time axis has its round times in. */
  readonly timeZone?: string;
  /** Ends of the axis, where they are not those of the data. */
  readonly range?: readonly [number, number];
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  readonly flags?: readonly Flag[];
  /** The areas between two lines, by their places in `lines`. */
  readonly bands?: readonly (readonly [upper: number, lower: number])[];
  readonly palette: Palette;
  readonly nameX: (x: number) => string;
  readonly nameY: (y: number) => string;
  /** What is known about the place at an index, in words. */
  readonly describe: (index: number) => string;
  readonly selected?: number | undefined;
  readonly onSelect?: (index: number | undefined) => void;
  /** A range of x was drawn with the pointer. */
  readonly onZoom?: (from: number, to: number) => void;
  readonly height?: number;
}

const LOOKS: Readonly<Record<Line['look'], Partial<UPlot.Series>>> = {
  points: { width: 1.5, points: { show: true, size: 5 } },
  line: { width: 1.5, points: { show: false } },
  limit: { width: 1.5, points: { show: false } },
  centre: { width: 1, points: { show: false } },
  edge: { width: 0, points: { show: false } },
};
/** Lengths of ink and gap, px. */
const DASHES: readonly number[][] = [[], [8, 4], [2, 3], [12, 4, 2, 4], [5, 2], [1, 5]];
/** Above this, points run into each other. */
const MOST_POINTS = 400;
const LEAST_DRAG_PX = 5;

const dashOf = ({ look, dash = look === 'limit' ? 1 : 0 }: Line): number[] => DASHES[dash] ?? [];

/** Room around the values; around a single value as well, which has no extent. */
const rangeOf = (_: UPlot, least: number, most: number): UPlot.Range.MinMax => {
  const room = Math.abs(least) * 0.02 || 1;
  return least === most ? [least - room, least + room] : UPlot.rangeNum(least, most, 0.1, true);
};

export function Chart(current: ChartProps): JSX.Element {
  // An answer that arrives while a range is being drawn would replace the chart under the pointer, and lose the range.
  const [held, hold] = useState<ChartProps>();
  const props = held ?? current;
  const { label, x, timeZone, range, lines, marks, flags, bands, palette } = props;
  const { describe, selected, onSelect, onZoom, height = 260 } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const newest = useRef(props);
  newest.current = props;
  /** Where the pointer was in a chart that was replaced under it. */
  const pointer = useRef<{ readonly left: number; readonly top: number }>({ left: -10, top: -10 });
  const [hovered, setHovered] = useState<number>();

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) {
      return undefined;
    }
    let began: number | undefined = performance.now();
    const axis: UPlot.Axis = {
      stroke: palette.quiet,
      grid: { stroke: palette.line, width: 1 },
      ticks: { stroke: palette.line, width: 1 },
    };
    const drawn = new UPlot(
      {
        width: Math.max(160, element.clientWidth),
        height,
        legend: { show: false },
        scales: {
          y: { range: rangeOf },
          x: {
            time: timeZone !== undefined,
            ...(range ? { range: (): [number, number] => [range[0], range[1]] } : {}),
          },
        },
        ...(timeZone === undefined ? {} : { tzDate: (at: number) => UPlot.tzDate(new Date(at * 1000), timeZone) }),
        padding: [10, 40, 0, 0],
        cursor: {
          ...pointer.current,
          y: false,
          drag: { x: onZoom !== undefined, y: false, setScale: false, dist: LEAST_DRAG_PX },
          points: { show: false },
        },
        axes: [
          { ...axis, space: 96, size: 34, values: (_, splits) => splits.map((at) => newest.current.nameX(at)) },
          { ...axis, size: 68, values: (_, splits) => splits.map((at) => newest.current.nameY(at)) },
        ],
        series: [
          {},
          ...lines.map((line): UPlot.Series => {
            const look = LOOKS[line.look];
            return {
              label: line.label,
              stroke: line.colour,
              ...look,
              dash: dashOf(line),
              ...(line.look === 'points'
                ? { points: { ...look.points, show: x.length <= MOST_POINTS, fill: line.colour } }
                : {}),
            };
          }),
        ],
        bands: (bands ?? []).map(([upper, lower]) => ({
          series: [upper + 1, lower + 1],
          fill: `${lines[upper]?.colour ?? palette.quiet}33`,
        })),
        hooks: {
          setCursor: [({ cursor }) => setHovered(cursor.idx ?? undefined)],
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              if (width >= LEAST_DRAG_PX) {
                newest.current.onZoom?.(self.posToVal(left, 'x'), self.posToVal(left + width, 'x'));
                self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              }
            },
          ],
          draw: [
            (self) => {
              drawFlags(self, newest.current.flags ?? [], palette);
              drawMarks(self, newest.current.marks ?? [], palette, newest.current.selected);
              if (began !== undefined) {
                timed('chart', began);
                began = undefined;
              }
            },
          ],
        },
      },
      [x, ...lines.map(({ values }) => values)] as UPlot.AlignedData,
      element,
    );
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: Math.max(160, element.clientWidth), height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      pointer.current = { left: drawn.cursor.left ?? -10, top: drawn.cursor.top ?? -10 };
      drawn.destroy();
      plot.current = undefined;
    };
  }, [x, timeZone, range?.join(), lines, bands, palette, height, onZoom === undefined]);

  useLayoutEffect(() => plot.current?.redraw(false), [marks, flags, selected]);

  const holdWhileDrawing = ({ button }: MouseEvent): void => {
    // Only the main button draws. Another one may open a menu, and then the page never sees its release.
    if (button !== 0) {
      return;
    }
    hold(current);
    // The chart's own listener, on the document, has read the range by then.
    window.addEventListener('mouseup', () => hold(undefined), { once: true });
  };

  const onKey = (event: KeyboardEvent): void => {
    if (!onSelect || event.ctrlKey || event.metaKey || event.altKey || x.length === 0) {
      return;
    }
    const last = x.length - 1;
    const marked = (marks ?? []).map(({ index }) => index);
    const at = selected ?? -1;
    const next: Readonly<Record<string, number | undefined>> = {
      ArrowLeft: selected === undefined ? last : Math.max(0, at - 1),
      ArrowRight: Math.min(last, at + 1),
      Home: 0,
      End: last,
      n: marked.find((index) => index > at) ?? selected,
      p: marked.findLast((index) => index < (selected ?? x.length)) ?? selected,
      Escape: undefined,
    };
    if (event.key in next) {
      onSelect(next[event.key]);
      event.preventDefault();
    }
  };
  const said = hovered ?? selected;
  return (
    <div class="chart">
      <div
        ref={box}
        class="plot"
        {...(onSelect
          ? { role: 'application', tabIndex: 0, 'aria-label': `${label}. ${texts().chart.keys}` }
          : { role: 'img', 'aria-label': label })}
        onKeyDown={onKey}
        onMouseDown={onZoom && holdWhileDrawing}
        onClick={() => onSelect?.(plot.current?.cursor.idx ?? undefined)}
      />
      <p class="readout">{said !== undefined && said < x.length ? describe(said) : ' '}</p>
      <p class="hidden" aria-live="polite">
        {selected !== undefined && selected < x.length ? describe(selected) : ''}
      </p>
      <ul class="chart-legend" aria-hidden="true">
        {lines
          // Lines of one name, such as the limits of each phase, have one entry.
          .filter(({ look, label: name }, at) => look !== 'edge' && lines.findIndex((one) => one.label === name) === at)
          .map((line) => (
            <li key={line.label}>
              <svg viewBox="0 0 28 6" width="28" height="6">
                <line
                  x1="0"
                  x2="28"
                  y1="3"
                  y2="3"
                  stroke={line.colour}
                  stroke-width="2"
                  stroke-dasharray={dashOf(line).join()}
                />
              </svg>
              {line.label}
            </li>
          ))}
      </ul>
    </div>
  );
}
