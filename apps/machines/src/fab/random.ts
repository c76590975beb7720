/** 32-bit FNV-1a with a final mix, so that seeds that differ in one letter yield unrelated streams. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return mix(h);
};

const mix = (value: number): number => {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/**
 * Seeded random numbers (mulberry32): the same seed yields the same sequence on every machine and Node version. For
 * synthetic data only, never for secrets.
 */
export class Random {
  #state: number;

  constructor(seed: string) {
    this.#state = hash(seed);
  }

  /** The generator of the n-th item of a series, independent of the items before it. */
  static at(seed: Random, n: number): Random {
    const random = new Random('');
    // n may exceed 32 bits after weeks of telemetry: both halves count.
    random.#state = mix(seed.#state ^ mix(n >>> 0) ^ Math.imul(Math.floor(n / 0x1_0000_0000), 0x9e3779b1));
    return random;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Integer in [low, high], both inclusive. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  /** One item, with probability proportional to its weight. */
  weighted<T extends { readonly weight: number }>(items: readonly [T, ...T[]]): T {
    let left = this.next() * items.reduce((sum, item) => sum + item.weight, 0);
    for (const item of items) {
      left -= item.weight;
      if (left < 0) {
        return item;
      }
    }
    return items[0];
  }

  /** Normal distribution (Box-Muller). */
  normal(mean = 0, sigma = 1): number {
    const u = 1 - this.next();
    return mean + sigma * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.next());
  }

  /** Number of rare events when `mean` are expected (Knuth; meant for means below about 20). */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) {
      count++;
    }
    return count;
  }
}
