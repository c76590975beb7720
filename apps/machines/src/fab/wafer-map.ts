export interface WaferLayout {
  readonly waferDiameterMm: number;
  readonly dieWidthMm: number;
  readonly dieHeightMm: number;
  /** Outer ring in which no die is tested. */
  readonly edgeExclusionMm: number;
}

export interface Die {
  /** Column, counted from 0 at the left of the map. */
  readonly x: number;
  /** Row, counted from 0 at the bottom of the map. */
  readonly y: number;
  /** Distance of the die's centre from the wafer's centre: 0 in the middle, below 1 at the edge of the usable area. */
  readonly radius: number;
}

/** The dice that lie entirely inside the usable circle, row by row from the bottom, as a prober steps. */
export function waferMap(layout: WaferLayout): Die[] {
  const { dieWidthMm, dieHeightMm } = layout;
  const usable = layout.waferDiameterMm / 2 - layout.edgeExclusionMm;
  const columns = Math.floor((2 * usable) / dieWidthMm);
  const rows = Math.floor((2 * usable) / dieHeightMm);
  const dice: Die[] = [];
  for (let y = 0; y < rows; y++) {
    const centreY = (y - (rows - 1) / 2) * dieHeightMm;
    for (let x = 0; x < columns; x++) {
      const centreX = (x - (columns - 1) / 2) * dieWidthMm;
      const corner = Math.hypot(Math.abs(centreX) + dieWidthMm / 2, Math.abs(centreY) + dieHeightMm / 2);
      if (corner <= usable) {
        dice.push({ x, y, radius: Math.hypot(centreX, centreY) / usable });
      }
    }
  }
  return dice;
}
