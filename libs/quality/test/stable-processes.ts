/** Stable processes for testing charts: every alarm on them is false. */

/** Uniform numbers in [0, 1) from a seed (mulberry32), so that a table of rates is the same on every machine. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers (Box and Muller). */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Failing dice of lots whose own mean varies about `rate` with standard deviation `spread`. */
export const lotsOfDice = (
  z: () => number,
  { lots, dice, rate, spread }: { lots: number; dice: number; rate: number; spread: number },
): { count: number; size: number }[] =>
  Array.from({ length: lots }, () => {
    const p = Math.min(1, Math.max(0, rate + spread * z()));
    const count = Math.round(dice * p + Math.sqrt(dice * p * (1 - p)) * z());
    return { count: Math.min(dice, Math.max(0, count)), size: dice };
  });

/** Sites of wafers whose own mean varies with standard deviation `between`. */
export const sitesOfWafers = (
  z: () => number,
  { wafers, sites, between, within }: { wafers: number; sites: number; between: number; within: number },
): number[][] =>
  Array.from({ length: wafers }, () => {
    const mean = between * z();
    return Array.from({ length: sites }, () => mean + within * z());
  });
