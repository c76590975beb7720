/** Shapes on a chart that single out points; a shape as well as a colour, for those who cannot tell the colours. */
import type UPlot from 'uplot';
import { type Palette } from '../colours/palette.ts';

export interface Mark {
  readonly index: number;
  readonly value: number;
  readonly kind: 'violation' | 'excluded';
}

/** Something on the axis of x, whatever the values are. */
export interface Flag {
  readonly x: number;
  /** End of a stretch; absent for a moment. */
  readonly to?: number;
  readonly kind: 'note' | 'phase';
  /** Short, beside the flag. */
  readonly text: string;
}

/** Draws a line for each flag, with its text on top; a stretch is shaded. */
export function drawFlags(plot: UPlot, flags: readonly Flag[], palette: Palette): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio || 1;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `bold ${12 * ratio}px sans-serif`;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  for (const { x: at, to, kind, text } of flags) {
    const x = plot.valToPos(at, 'x', true);
    const colour = kind === 'note' ? palette.accent : palette.quiet;
    if (to !== undefined) {
      ctx.fillStyle = `${colour}22`;
      ctx.fillRect(x, bbox.top, plot.valToPos(to, 'x', true) - x, bbox.height);
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = (kind === 'note' ? 1.5 : 2) * ratio;
    ctx.setLineDash(kind === 'note' ? [] : [10 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width + 8 * ratio;
    const left = Math.min(x, right - width);
    const height = 16 * ratio;
    // Texts of phases stay at the bottom, away from those of notes.
    const top = kind === 'note' ? bbox.top : bbox.top + bbox.height - height;
    ctx.fillStyle = kind === 'note' ? colour : palette.panel;
    ctx.fillRect(left, top, width, height);
    ctx.fillStyle = kind === 'note' ? palette.onAccent : palette.text;
    ctx.fillText(text, left + 4 * ratio, top + 2 * ratio);
  }
  ctx.restore();
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
