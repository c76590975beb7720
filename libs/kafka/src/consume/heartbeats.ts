/** Keeps the group membership alive, and notices when the group has been silent for a whole session. */

/** The part of kafkajs's batch payload that sends a heartbeat: at most one per interval, shared by all callers. */
export interface HeartbeatSource {
  heartbeat(): Promise<void>;
}

export interface HeartbeatsParts {
  readonly intervalMs: number;
  readonly sessionTimeoutMs: number;
  /** Whether there is a membership to keep alive: not while joining or about to join. */
  readonly isMember: () => boolean;
  /** The group has confirmed nothing for longer than a session: another member may own the partitions by now. */
  readonly onSilence: (silentMs: number) => void;
}

/**
 * kafkajs sends a heartbeat with every turn of its fetch loop. A turn can take long (decompressing an answer, looking
 * up a leader), so a timer requests heartbeats as well. Results arrive through {@link confirm} and the interceptor,
 * regardless of who asked.
 */
export class Heartbeats {
  readonly #parts: HeartbeatsParts;
  #source: HeartbeatSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #confirmedAt = 0;

  constructor(parts: HeartbeatsParts) {
    this.#parts = parts;
  }

  /** Sends through `source` from now on; a restarted client brings a new one. */
  follow(source: HeartbeatSource): void {
    this.#source = source;
    if (this.#timer === undefined) {
      // kafkajs sends one only after its interval; asking twice as often keeps the real interval close to it.
      this.#timer = setInterval(() => this.#beat(), this.#parts.intervalMs / 2);
    }
  }

  /** The group has answered this member. */
  confirm(): void {
    this.#confirmedAt = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#source = undefined;
  }

  #beat(): void {
    if (!this.#parts.isMember()) {
      return;
    }
    // A refusal reaches the consumer through the interceptor; without an answer the silence grows.
    this.#source?.heartbeat().catch(() => undefined);
    const silentMs = performance.now() - this.#confirmedAt;
    if (silentMs > this.#parts.sessionTimeoutMs) {
      this.#parts.onSilence(silentMs);
    }
  }
}
