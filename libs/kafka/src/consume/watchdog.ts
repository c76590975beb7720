/** Finds partitions that have stalled although the broker has records for them. */
import type { Logger } from '@chip/service';
import { KafkaAdmin } from '../admin.ts';
import type { KafkaConnection } from '../client.ts';
import type { Partition } from './assignment.ts';

const WATCH_INTERVAL_MS = 5_000;

export interface WatchdogParts {
  readonly connection: KafkaConnection;
  readonly logger: Logger;
  readonly topic: string;
  readonly stallTimeoutMs: number;
  /**
   * Since when the consumer has been outside its group, on the monotonic clock; null while it is a member or waits for
   * its topic.
   */
  readonly outsideSince: () => number | null;
  /** Partitions that should be read: neither paused nor busy, nor held back by the memory bound. */
  readonly readable: () => Iterable<Partition>;
  readonly onStall: (reason: string) => void;
}

/**
 * kafkajs can stop fetching silently (issues 1441, 660, 1732). Its own reports then prove nothing, so the watchdog asks
 * the broker on a separate connection. A partition is suspect while the broker has readable records behind a position
 * that does not move, or while no fetch returns an answer for it. Each partition counts by itself, since every broker
 * has its own fetch loop. A partition has stalled when the suspicion lasts for `stallTimeoutMs` and the broker answered
 * during the second half of it: a broker that is down is no reason to restart.
 */
export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #probe: KafkaAdmin | undefined;
  #isLooking = false;
  /** Since when every answer of the broker has confirmed each suspicion. */
  #suspectedSince = new Map<string, number>();

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#intervalMs = Math.min(WATCH_INTERVAL_MS, parts.stallTimeoutMs / 4);
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), this.#intervalMs);
  }

  /** Never throws. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#probe?.disconnect().catch((error: unknown) => {
      this.#parts.logger.debug({ err: error }, 'disconnect_incomplete');
    });
  }

  async #look(): Promise<void> {
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    try {
      await this.#compare();
    } catch (error) {
      this.#suspectedSince.clear();
      this.#parts.logger.debug({ err: error }, 'broker_probe_failed');
    } finally {
      this.#isLooking = false;
    }
  }

  async #compare(): Promise<void> {
    const { connection, logger, topic, stallTimeoutMs } = this.#parts;
    if (this.#outsideMs() === null && this.#quiet().length === 0) {
      this.#suspectedSince.clear();
      return;
    }
    this.#probe ??= new KafkaAdmin(connection, logger);
    const offsets = await this.#probe.topicOffsets(topic);
    const now = performance.now();
    const suspectedSince = new Map<string, number>();
    const suspect = (key: string, forMs: number, reason: string): void => {
      const since = this.#suspectedSince.get(key) ?? now;
      suspectedSince.set(key, since);
      if (forMs > stallTimeoutMs && now - since >= stallTimeoutMs / 2) {
        this.#parts.onStall(reason);
      }
    };
    const outsideMs = this.#outsideMs();
    if (outsideMs !== null) {
      suspect('group', outsideMs / 2, 'it does not join its group');
    }
    for (const { assignment, partition, position, movedAt, answeredAt } of this.#quiet()) {
      const key = `${assignment}/${partition}/${position}`;
      const end = offsets.get(partition)?.high ?? 0;
      const unansweredMs = now - Math.max(movedAt, answeredAt);
      if (unansweredMs > this.#intervalMs) {
        suspect(key, unansweredMs, `no fetch is answered for partition ${partition}`);
      } else if (position !== null && end > position) {
        suspect(
          key,
          now - movedAt,
          `partition ${partition} has unread records from ${position} to ${end} and delivers none`,
        );
      }
    }
    this.#suspectedSince = suspectedSince;
  }

  #outsideMs(): number | null {
    const since = this.#parts.outsideSince();
    return since === null ? null : performance.now() - since;
  }

  #quiet(): Partition[] {
    const now = performance.now();
    return [...this.#parts.readable()].filter(({ movedAt }) => now - movedAt > this.#intervalMs);
  }
}
