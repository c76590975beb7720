/** Prints what runs measured: one line per figure, the runs side by side. */
import type { Figure, Outcome } from '../scenes/scene.ts';

const shown = (value: number, unit: Figure['unit']): string =>
  unit === 's' ? value.toFixed(1) : Math.round(value).toLocaleString('en');

/** @param runs outcomes of the same drill, with the same figures in the same order */
export function formatFigures(runs: readonly Outcome[]): string {
  const [first] = runs;
  if (first === undefined) {
    return '';
  }
  const rows = first.figures.map(({ what, unit }, at) => [
    `${what}, ${unit}`,
    ...runs.map(({ figures }) => shown(figures[at]?.value ?? NaN, unit)),
  ]);
  const head = ['figure', ...runs.map((_, i) => `run ${i + 1}`)];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
