/** Finds partitions that stand still although the broker has records for them. */
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
  /** Since when the consumer has been outside of its group, on the monotonic clock; null while it is inside, or waits for its topic. */
  readonly outsideSince: () => number | null;
  /** Partitions that ought to be read: neither paused nor at work, nor kept waiting by the bound on memory. */
  readonly readable: () => Iterable<Partition>;
  readonly onStall: (reason: string) => void;
}

/**
 * kafkajs can stop fetching without a word (issues 1441, 660, 1732). What it reports itself proves nothing then, so that
 * the broker is asked on a connection of its own. A partition is suspected while the broker has readable records behind
 * a position that does not move, or while no fetch is answered for it; each partition by itself, since every broker has
 * a fetch loop of its own. It stands still when that lasts for `stallTimeoutMs`, and the broker has answered during the
 * second half of it: a broker that is away is no reason to restart.
 */
export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #probe: KafkaAdmin | undefined;
  #isLooking = false;
  /** Since when each suspicion has been confirmed by every answer of the broker. */
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
