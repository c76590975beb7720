import { extremesOf } from '@chip/quality';
import { type ParetoAnswer as DefectPareto } from '../defects/defects-answer.ts';
import { type LotMapAnswer } from '../maps/map-answer.ts';
import { type SpcAnswer } from '../spc/spc-answer.ts';
import { type Html, html } from './html.ts';

/** Pictures of a report as SVG: they print sharp, and need no script. Colours are attributes, because the page allows no inline style. */

const WIDTH = 720;

/** Bars of counts in their order, each with its cumulative share. */
export function paretoPicture(
  groups: readonly Pick<DefectPareto['groups'][number], 'count' | 'cumulative_share'>[],
): Html {
  const height = 160;
  const most = Math.max(1, ...groups.map(({ count }) => count));
  const step = WIDTH / Math.max(1, groups.length);
  const bars = groups.map(({ count }, i) => {
    const tall = (count / most) * height;
    return html`<rect
      x="${round(i * step + 1)}"
      y="${round(height - tall)}"
      width="${round(Math.max(1, step - 2))}"
      height="${round(tall)}"
      fill="#4a7ab5"
    />`;
  });
  const line = groups.map(
    ({ cumulative_share }, i) => `${round((i + 0.5) * step)},${round(height * (1 - cumulative_share))}`,
  );
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Pareto chart">
    ${bars}
    <polyline points="${line.join(' ')}" fill="none" stroke="#c0392b" stroke-width="1.5" />
  </svg>`;
}

/** One square per die: white where it fails on no wafer, dark where it fails on all. */
export function mapPicture({ x_min, x_max, y_min, y_max, dies }: LotMapAnswer): Html {
  if (x_min === null || x_max === null || y_min === null || y_max === null) {
    return html`<p>No die has a position.</p>`;
  }
  const columns = x_max - x_min + 1;
  const rows = y_max - y_min + 1;
  const squares = dies.map(
    ([x, y, fraction]) =>
      html`<rect
        x="${x - x_min}"
        y="${y - y_min}"
        width="1"
        height="1"
        fill="${shade(fraction)}"
        stroke="#999"
        stroke-width="0.04"
      />`,
  );
  return html`<svg class="map" viewBox="0 0 ${columns} ${rows}" role="img" aria-label="Map of the lot">
    ${squares}
  </svg>`;
}

const shade = (fraction: number | null): string => `hsl(5 70% ${Math.round(95 - 60 * (fraction ?? 0))}%)`;

/** The location panel: values, limits and violations. */
export function chartPicture({ location: { points, centre, violations } }: SpcAnswer): Html {
  const height = 220;
  const values = points.flatMap(({ value, lower, upper }) => [value, lower, upper]);
  const [least, most] = extremesOf(values);
  if (points.length === 0) {
    return html`<p>There is too little data for limits.</p>`;
  }
  const span = most - least || 1;
  const x = (i: number): number => round(((i + 0.5) * WIDTH) / points.length);
  const y = (value: number): number => round(height - 10 - ((value - least) / span) * (height - 20));
  const lineOf = (of: (point: (typeof points)[number]) => number): string =>
    points.map((point, i) => `${x(i)},${y(of(point))}`).join(' ');
  const places = new Map(points.map(({ index }, i) => [index, i]));
  const marks = [...new Set(violations.map(({ index }) => index))].map((index) => {
    const i = places.get(index) ?? 0;
    return html`<circle cx="${x(i)}" cy="${y(points[i]?.value ?? 0)}" r="4" fill="#c0392b" />`;
  });
  const middle =
    centre === null ? [] : [html`<line x1="0" x2="${WIDTH}" y1="${y(centre)}" y2="${y(centre)}" stroke="#777" />`];
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Control chart">
    ${middle}
    <polyline points="${lineOf(({ upper }) => upper)}" fill="none" stroke="#c0392b" stroke-dasharray="4 3" />
    <polyline points="${lineOf(({ lower }) => lower)}" fill="none" stroke="#c0392b" stroke-dasharray="4 3" />
    <polyline points="${lineOf(({ value }) => value)}" fill="none" stroke="#1f3a5f" />
    ${marks}
  </svg>`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
