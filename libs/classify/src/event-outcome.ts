import type { Refusal } from '@chip/contracts';

/** The judgement on a record that is one event: its line for a block, or the refusal. */
export type EventOutcome =
  | { readonly accepted: true; readonly line: string; readonly timeUs: number; readonly unknownFields: number }
  | { readonly accepted: false; readonly refusal: Refusal };
