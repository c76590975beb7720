/** A change that was checked but not made. */
export interface Plan {
  /** What will happen, for a person to read before it does. */
  readonly lines: readonly string[];
  /** Makes and records the change. @returns what happened, and what to watch */
  apply(): Promise<string>;
}

/** The last sentence of a plan's report once it is applied. */
export const WATCH = 'A running writer picks this up within 10 s: npm run positions -- show';
