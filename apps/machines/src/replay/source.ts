import type { InspectionEvent, MachineTopic, TelemetrySample } from '@chip/contracts';

/** A part of a data set, small enough for memory. */
export interface ReplayBatch {
  /** Data records of the file: runs, rows. */
  readonly recordsRead: number;
  readonly events: readonly (TelemetrySample | InspectionEvent)[];
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
}

/** A data set as events of the contract. */
export interface ReplaySource {
  readonly topic: MachineTopic;
  /** What the user should know before the start. */
  readonly notes: readonly string[];
  /** Share of the data set read so far, 0 to 1. */
  readonly progress: number;
  /** From the beginning; callable once. */
  batches(): AsyncGenerator<ReplayBatch, void, void>;
}
