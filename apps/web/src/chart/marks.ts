/** Shapes on a chart that single out points; a shape as well as a colour, for those who cannot tell the colours. */
import type UPlot from 'uplot';
import { type Palette } from '../colours/palette.ts';

export interface Mark {
  readonly index: number;
  readonly value: number;
  readonly kind: 'violation' | 'excluded';
}

const RADIUS = 6;

export function drawMarks(plot: UPlot, marks: readonly Mark[], palette: Palette, selected: number | undefined): void {
  const { ctx, bbox, data } = plot;
  const ratio = devicePixelRatio || 1;
  const xs = data[0];
  const radius = RADIUS * ratio;
  ctx.save();
  ctx.lineWidth = 2 * ratio;
  const at = xs[selected ?? -1];
  if (at !== undefined) {
    const x = plot.valToPos(at, 'x', true);
    ctx.strokeStyle = palette.accent;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  for (const { index, value, kind } of marks) {
    const place = xs[index];
    if (place === undefined) {
      continue;
    }
    const x = plot.valToPos(place, 'x', true);
    const y = plot.valToPos(value, 'y', true);
    ctx.beginPath();
    if (kind === 'violation') {
      ctx.fillStyle = palette.bad;
      ctx.moveTo(x, y - radius);
      ctx.lineTo(x + radius, y);
      ctx.lineTo(x, y + radius);
      ctx.lineTo(x - radius, y);
      ctx.fill();
    } else {
      ctx.strokeStyle = palette.quiet;
      ctx.moveTo(x - radius, y - radius);
      ctx.lineTo(x + radius, y + radius);
      ctx.moveTo(x + radius, y - radius);
      ctx.lineTo(x - radius, y + radius);
      ctx.stroke();
    }
  }
  ctx.restore();
}
