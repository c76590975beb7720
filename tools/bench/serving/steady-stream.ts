/** Machines that publish at a steady rate. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import type { BenchSystem } from '../bench-system.ts';
import type { Backlog } from '../machine-data.ts';

const TICK_MS = 100;
/** Elements of one request, which the broker accepts up to 1 MiB. */
const MAX_ELEMENTS = 2_000;

/** Publishes a backlog's records in order, so many elements per second; a late tick catches up. */
export class SteadyStream {
  /** Elements that the broker has. */
  published = 0;
  #isEnding = false;
  #failure: unknown;
  readonly #done: Promise<void>;
  readonly #producer: Producer;
  readonly #backlog: Backlog;
  readonly #perSecond: number;

  private constructor(producer: Producer, backlog: Backlog, perSecond: number) {
    this.#producer = producer;
    this.#backlog = backlog;
    this.#perSecond = perSecond;
    this.#done = this.#run().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  static async begin(system: BenchSystem, backlog: Backlog, perSecond: number): Promise<SteadyStream> {
    return new SteadyStream(await system.producer(), backlog, perSecond);
  }

  /** @throws whatever stopped the stream */
  check(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#done;
    await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    const { topic, records, elements, record } = this.#backlog;
    const perRecord = elements / records;
    const began = performance.now();
    let number = 0;
    while (!this.#isEnding) {
      const due = Math.floor((((performance.now() - began) / 1000) * this.#perSecond) / perRecord);
      if (due > records) {
        throw new Error(`the stream of ${elements} elements is at its end`);
      }
      const length = Math.min(due - number, MAX_ELEMENTS / perRecord);
      if (length === 0) {
        await sleep(TICK_MS);
        continue;
      }
      await this.#producer.send({
        topic,
        acks: -1,
        messages: Array.from({ length }, (_, nth) => record(number + nth)),
      });
      number += length;
      this.published = number * perRecord;
    }
  }
}
