import { type SqlParameter } from '@chip/persistence';

/** Groups whose value depends on what a catalogue says. */
export interface Grouping {
  /** SQL of the key of an attempt `a`, and what to join for it. */
  readonly columns: (bind: (value: SqlParameter) => string) => { readonly key: string; readonly join?: string };
  /** The groups in words, for `definition`. */
  readonly text: string;
}
