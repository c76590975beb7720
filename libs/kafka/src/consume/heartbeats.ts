/** Keeps the membership in the group alive and notices when the group has been silent for a whole session. */

/** The part of kafkajs's batch payload that sends a heartbeat: at most one per interval, shared by all who ask. */
export interface HeartbeatSource {
  heartbeat(): Promise<void>;
}

export interface HeartbeatsParts {
  readonly intervalMs: number;
  readonly sessionTimeoutMs: number;
  /** Whether there is a membership to keep alive: neither joining nor about to. */
  readonly isMember: () => boolean;
  /** The group has confirmed nothing for longer than a session: by now the partitions may belong to another member. */
  readonly onSilence: (silentMs: number) => void;
}

/**
 * kafkajs sends a heartbeat with every turn of its fetch loop. A turn can take long (an answer to unfold, a leader to
 * look up), so that a timer asks for them as well. Their results arrive through {@link confirm} and through the
 * interceptor, whoever asked.
 */
export class Heartbeats {
  readonly #parts: HeartbeatsParts;
  #source: HeartbeatSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #confirmedAt = 0;

  constructor(parts: HeartbeatsParts) {
    this.#parts = parts;
  }

  /** Sends through `source` from now on; a restarted client comes with a new one. */
  follow(source: HeartbeatSource): void {
    this.#source = source;
    if (this.#timer === undefined) {
      // kafkajs sends one only when its interval is over; asking twice as often keeps the real interval close to it.
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
    // A refusal reaches the consumer by the interceptor; without an answer the silence grows.
    this.#source?.heartbeat().catch(() => undefined);
    const silentMs = performance.now() - this.#confirmedAt;
    if (silentMs > this.#parts.sessionTimeoutMs) {
      this.#parts.onSilence(silentMs);
    }
  }
}
