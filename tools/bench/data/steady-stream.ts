/** Machines that publish at a steady rate. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import type { BenchSystem } from '../system/bench-system.ts';
import type { Backlog } from './machine-data.ts';

/** Elements of one request, which the broker accepts up to 1 MiB. */
const MAX_ELEMENTS = 2_000;

export interface Pace {
  readonly elementsPerSecond: number;
  /** What is due is published so often. */
  readonly tickMs: number;
  /** Called before the last record of a tick is published, with the time at which it was due (as `performance.now()`). */
  readonly onTick?: (lastRecord: number, dueMs: number) => void;
}

/** Publishes a backlog's records in order. A late tick catches up, and was due when it should have come. */
export class SteadyStream {
  /** Elements that the broker has. */
  published = 0;
  #endsAtMs = Infinity;
  #failure: unknown;
  readonly #done: Promise<void>;
  readonly #producer: Producer;
  readonly #backlog: Backlog;
  readonly #pace: Pace;

  private constructor(producer: Producer, backlog: Backlog, pace: Pace) {
    this.#producer = producer;
    this.#backlog = backlog;
    this.#pace = pace;
    this.#done = this.#run().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  static async begin(system: BenchSystem, backlog: Backlog, pace: Pace): Promise<SteadyStream> {
    return new SteadyStream(await system.producer(), backlog, pace);
  }

  /** @throws whatever stopped the stream */
  check(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  /** Publishes what is due by now, which a busy machine may be late with. */
  async end(): Promise<void> {
    this.#endsAtMs = Math.min(this.#endsAtMs, performance.now());
    await this.#done;
    await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    const { records, elements } = this.#backlog;
    const { elementsPerSecond, tickMs, onTick } = this.#pace;
    const perRecord = elements / records;
    const began = performance.now();
    let number = 0;
    for (let tick = 1; began + tick * tickMs <= this.#endsAtMs; tick += 1) {
      const dueMs = began + tick * tickMs;
      await sleep(Math.max(0, dueMs - performance.now()));
      const due = Math.floor((tick * tickMs * elementsPerSecond) / 1000 / perRecord);
      if (due > records) {
        throw new Error(`the stream of ${elements} elements is at its end`);
      }
      if (due > number) {
        onTick?.(due - 1, dueMs);
      }
      for (; number < due; this.published = number * perRecord) {
        number += await this.#send(number, Math.min(due - number, Math.max(1, Math.floor(MAX_ELEMENTS / perRecord))));
      }
    }
  }

  async #send(from: number, length: number): Promise<number> {
    const { topic, record } = this.#backlog;
    await this.#producer.send({
      topic,
      acks: -1,
      messages: Array.from({ length }, (_, nth) => record(from + nth)),
    });
    return length;
  }
}
