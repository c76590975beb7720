/** What a drill is: an accident under load, its recovery by the documented commands, and figures. */
import type { StackFolder } from '../../devstack/layout.ts';
import type { Report } from '../../devstack/terminal/progress.ts';
import type { Difference } from '../../faults/proof/checker.ts';
import type { SystemOptions, SystemUnderTest } from '../../faults/system/system.ts';

export interface Options {
  readonly scene: string;
  readonly times: number;
  readonly seed: string;
  /** Elements per second. */
  readonly rate: number;
  /** How far back a restore must be possible. */
  readonly windowDays: number;
  /** Backups go to an S3 server over TLS instead of a folder. */
  readonly isInS3: boolean;
  /** The blocks that a restore needs are gone from the accepted topics. */
  readonly isShortOfBlocks: boolean;
  /** The former version: a commit, tag or branch. */
  readonly from: string;
}

/** One measurement of a run. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: 's' | 'events' | 'records' | 'entries' | 'rows';
}

export interface Outcome {
  readonly figures: readonly Figure[];
  /** What is not as it must be; a drill with any has failed. */
  readonly differences: readonly Difference[];
  /** Acknowledged elements that were compared. */
  readonly elements: number;
}

export interface Scene {
  readonly what: string;
  /** How its system starts, where that is not the usual way. */
  readonly prepare?: (
    options: Options,
    folder: StackFolder,
    report: Report,
    signal: AbortSignal,
  ) => Promise<Partial<SystemOptions>>;
  /** @param seed of this run's events */
  readonly run: (system: SystemUnderTest, options: Options, seed: string) => Promise<Outcome>;
}

/** What a drill demands: whatever is not so becomes a difference. */
export function demands(): { differences: string[]; demand: (isTrue: boolean, what: string) => void } {
  const differences: string[] = [];
  return { differences, demand: (isTrue, what) => void (isTrue || differences.push(what)) };
}

/** @returns seconds since the call */
export function stopwatch(): () => number {
  const began = performance.now();
  return () => (performance.now() - began) / 1000;
}
