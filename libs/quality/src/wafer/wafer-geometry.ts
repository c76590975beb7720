/** Where dice lie on a wafer. Millimetres, from the centre of the wafer; the notch is at the bottom, u grows to the right, v upwards. */

/** Geometry of a product's wafers, in the step coordinates of the machine. */
export interface WaferGrid {
  readonly diameter_mm: number;
  /** Distance of neighbouring dice along the axes of the machine. */
  readonly pitch_x_mm: number;
  readonly pitch_y_mm: number;
  /** Step coordinates of the die that the offset is about. */
  readonly centre_x: number;
  readonly centre_y: number;
  /** From the centre of the wafer to the centre of that die, before the wafer is turned: to the right, upwards. */
  readonly offset_x_mm: number;
  readonly offset_y_mm: number;
  /** Where the notch lies while the axes point as stated. */
  readonly notch: 'bottom' | 'left' | 'top' | 'right';
  readonly x_axis: 'right' | 'left';
  readonly y_axis: 'up' | 'down';
  readonly edge_exclusion_mm: number;
}

/** A turn that brings the notch to the bottom: (u, v) = (a x + b y, c x + d y). */
export const TURNS: Readonly<Record<WaferGrid['notch'], readonly [a: number, b: number, c: number, d: number]>> = {
  bottom: [1, 0, 0, 1],
  left: [0, -1, 1, 0],
  top: [-1, 0, 0, -1],
  right: [0, 1, -1, 0],
};

/** Centre of a die. */
export function dieCentre(grid: WaferGrid, x: number, y: number): { u: number; v: number } {
  const dx = (x - grid.centre_x) * grid.pitch_x_mm * (grid.x_axis === 'right' ? 1 : -1) + grid.offset_x_mm;
  const dy = (y - grid.centre_y) * grid.pitch_y_mm * (grid.y_axis === 'up' ? 1 : -1) + grid.offset_y_mm;
  const [a, b, c, d] = TURNS[grid.notch];
  return { u: a * dx + b * dy, v: c * dx + d * dy };
}

/** Width and height of a die as the turned wafer shows it. */
export const dieSize = ({ notch, pitch_x_mm, pitch_y_mm }: WaferGrid): { width: number; height: number } =>
  notch === 'left' || notch === 'right'
    ? { width: pitch_y_mm, height: pitch_x_mm }
    : { width: pitch_x_mm, height: pitch_y_mm };

/** Radius within which dice count. */
export const usableRadius = ({ diameter_mm, edge_exclusion_mm }: WaferGrid): number =>
  diameter_mm / 2 - edge_exclusion_mm;

/** Most columns that a wafer is counted by; a wafer of more is a typing error. */
const MAX_COLUMNS = 100_000;

/** Number of dice that lie wholly within the usable radius: those that can count. */
export function grossDice(grid: WaferGrid): number {
  const { pitch_x_mm: width, pitch_y_mm: height, offset_x_mm, offset_y_mm } = grid;
  const radius = usableRadius(grid);
  const first = Math.ceil((-radius - offset_x_mm) / width);
  const last = Math.min(Math.floor((radius - offset_x_mm) / width), first + MAX_COLUMNS);
  let dice = 0;
  for (let column = first; column <= last; column++) {
    const far = Math.abs(column * width + offset_x_mm) + width / 2;
    // How far from the horizontal axis the centre of a die of this column may lie.
    const reach = Math.sqrt(Math.max(0, radius ** 2 - far ** 2)) - height / 2;
    if (far <= radius && reach >= 0) {
      const rounding = 1e-9;
      const lowest = Math.ceil((-reach - offset_y_mm) / height - rounding);
      const highest = Math.floor((reach - offset_y_mm) / height + rounding);
      dice += Math.max(0, highest - lowest + 1);
    }
  }
  return dice;
}
