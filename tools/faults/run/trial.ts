/** One trial: a system, a generator, a series of faults, and the checks between them. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AcknowledgementLog } from '../load/acknowledgements.ts';
import type { Fault } from '../catalogue/fault.ts';
import { check, type Difference } from '../proof/checker.ts';
import { Expectation } from '../proof/expectation.ts';
import { explain } from '../proof/explain.ts';
import type { Origin } from '../load/stream.ts';
import { LetterReader, observe } from '../proof/observation.ts';
import { Publisher } from '../load/publisher.ts';
import { Random } from '../load/random.ts';
import { drain, partitionName, timeToResume } from '../proof/recovery.ts';
import { checkResidue, footprintsOf, type Footprint } from '../proof/residue.ts';
import type { SystemUnderTest } from '../system/system.ts';

const DRAIN_WITHIN_MS = 90_000;
const PARTITIONS_AT_FIRST = 8;

export interface FaultOutcome {
  readonly name: string;
  readonly heldMs: number;
  /** Undefined: not within the limit. */
  readonly resumedMs: number | undefined;
  /** Measurements of the fault. */
  readonly notes: readonly string[];
}

export interface TrialOptions {
  readonly system: SystemUnderTest;
  readonly seed: string;
  readonly rate: number;
  /** Commits must resume within this time after the end of a fault. */
  readonly resumeWithinMs: number;
}

export class Trial {
  readonly outcomes: FaultOutcome[] = [];
  readonly differences: Difference[] = [];
  readonly system: SystemUnderTest;
  readonly publisher: Publisher;
  readonly #log: AcknowledgementLog;
  readonly #logFile: string;
  readonly #expectation = new Expectation();
  readonly #letters: LetterReader;
  readonly #seed: string;
  readonly #resumeWithinMs: number;
  #base: Map<string, Footprint> = new Map();
  #checks = 0;
  #rejected = 0;

  private constructor(
    { system, seed, rate, resumeWithinMs }: TrialOptions,
    origin: Origin,
    log: AcknowledgementLog,
    logFile: string,
  ) {
    this.system = system;
    this.#seed = seed;
    this.#resumeWithinMs = resumeWithinMs;
    this.#log = log;
    this.#logFile = logFile;
    this.#letters = new LetterReader(system.brokers);
    this.publisher = new Publisher({ brokers: system.brokers, origin, log, rate });
  }

  static async begin(options: TrialOptions): Promise<Trial> {
    const origin: Origin = { seed: options.seed, epochMs: Date.now() };
    const logFile = path.join(options.system.folder.run, 'acknowledged.ndjson');
    const trial = new Trial(options, origin, await AcknowledgementLog.create(logFile, origin), logFile);
    await trial.publisher.ensurePartitions(PARTITIONS_AT_FIRST);
    trial.publisher.resume();
    return trial;
  }

  /** Acknowledged elements. */
  get elements(): number {
    return this.#expectation.elements;
  }

  get letters(): number {
    return this.#letters.letters.size;
  }

  get checks(): number {
    return this.#checks;
  }

  /** Samples that the database rejected because of a fault. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Lets the first blocks through, then records what a service at rest uses. */
  async warmUp(): Promise<void> {
    await sleep(2_000, undefined, { signal: this.system.signal });
    await this.rest();
    this.#base = footprintsOf(this.system);
    this.publisher.resume();
  }

  async inject(fault: Fault, number: number): Promise<FaultOutcome> {
    const { system, publisher } = this;
    const began = performance.now();
    const notes: string[] = [];
    await fault.run({
      system,
      publisher,
      log: this.#log,
      letters: this.#letters,
      random: new Random(this.#seed, fault.name, number),
      hold: async (ms) => {
        await sleep(ms, undefined, { signal: system.signal });
      },
      rest: (withinMs) => this.rest(withinMs),
      note: (text) => {
        system.report(`fault ${number}`, text);
        notes.push(text);
      },
      object: (text) => {
        system.report(`fault ${number}`, text);
        this.differences.push(`during "${fault.name}": ${text}`);
      },
    });
    const heldMs = performance.now() - began;
    publisher.throwFailure();
    const resumedMs = await timeToResume(system, this.#acknowledged(), this.#resumeWithinMs);
    const outcome = { name: fault.name, heldMs, resumedMs, notes };
    this.outcomes.push(outcome);
    if (resumedMs === undefined) {
      this.differences.push(`after "${fault.name}" commits did not resume within ${this.#resumeWithinMs / 1000} s`);
    }
    return outcome;
  }

  /**
   * Works out what was acknowledged since the last time. That takes this process, through which the services reach their
   * database, for itself: after an hour without it, services would lose their connections at the end.
   */
  keepUp(): void {
    this.#expectation.readLog(this.#logFile);
  }

  /** Stops publishing, and waits until everything published is applied. */
  async rest(withinMs = DRAIN_WITHIN_MS): Promise<void> {
    await this.publisher.pause();
    const behind = await drain(this.system, this.#acknowledged(), withinMs);
    if (behind.length > 0) {
      const reasons = [...(await this.system.strangers()), ...behind];
      throw new Error(`not applied after ${withinMs / 1000} s: ${reasons.join('; ')}`);
    }
  }

  /**
   * Brings the system to rest and compares everything.
   *
   * @param patienceMs waiting time before the comparison; only for a control in which something legitimately arrives
   * late
   * @param withinMs the longest wait for rest; shorter for a control, which may leave a partition stopped permanently
   * @returns what differs
   */
  async check({ patienceMs = 0, withinMs = DRAIN_WITHIN_MS } = {}): Promise<Difference[]> {
    const { system, publisher } = this;
    await publisher.pause();
    const behind = await drain(system, this.#acknowledged(), withinMs);
    await sleep(patienceMs, undefined, { signal: system.signal });
    const found: Difference[] = await system.strangers();
    found.push(...behind.map((text) => `not applied after ${withinMs / 1000} s: ${text}`));
    const observation = await observe(system.sql, system.brokers, this.#letters);
    const verdict = check(this.#expectation, observation);
    this.#rejected = verdict.rejected;
    found.push(...verdict.differences, ...(await explain(system.sql, this.#expectation, verdict)));
    if (behind.length === 0) {
      found.push(...(await checkResidue(system, this.#base)));
    }
    this.#checks += 1;
    this.differences.push(...found);
    return found;
  }

  /** Memory and handles of each service now. */
  footprints(): string {
    return [...footprintsOf(this.system)]
      .map(([name, { residentMegabytes, handles }]) => `${name} ${residentMegabytes} MB ${handles} handles`)
      .join(', ');
  }

  async end(): Promise<void> {
    await this.publisher.close();
    await this.#log.close();
  }

  /** End of each partition according to the log. */
  #acknowledged(): Map<string, number> {
    this.#expectation.readLog(this.#logFile);
    return new Map(
      [...this.#expectation.partitions].map(([key, { endOffset }]) => {
        const [kind, partition] = key.split('/') as ['telemetry' | 'inspection', string];
        return [partitionName(kind, Number(partition)), endOffset];
      }),
    );
  }
}
