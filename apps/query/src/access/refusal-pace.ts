import { type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Refusals of who a caller is that leave at once, and then per second. A fleet with an expired key sends fewer. */
const PER_SECOND = 100;
/** The longest a refusal is held. Times the rate, it bounds the connections held, to half of all that are accepted. */
const MAX_HOLD_MS = 5_000;

/**
 * Answers wrong credentials one after the other, so that a flood of them waits and right ones do not. All of them share
 * one pace: a flood from many addresses is held like one from a single address, and a right key behind the same address
 * passes.
 */
export class RefusalPace {
  /** When the last refusal leaves, on the clock of `performance.now()`. */
  #last = -Infinity;
  readonly #held = new WeakSet<Socket>();

  /**
   * Resolves when a refusal on this connection may leave. Closes the connection instead when too many wait, or when it
   * sends on before its answer.
   *
   * @returns whether there is still a connection to answer on
   */
  async wait(socket: Socket): Promise<boolean> {
    const now = performance.now();
    const leavesAt = Math.max(this.#last, now - 1_000) + 1_000 / PER_SECOND;
    if (leavesAt - now > MAX_HOLD_MS || this.#held.has(socket)) {
      socket.destroy();
      return false;
    }
    this.#last = leavesAt;
    if (leavesAt > now) {
      const closed = new AbortController();
      const close = (): void => closed.abort();
      this.#held.add(socket);
      socket.once('close', close);
      await sleep(leavesAt - now, undefined, { signal: closed.signal }).catch(() => undefined);
      socket.off('close', close);
      this.#held.delete(socket);
    }
    return !socket.destroyed;
  }
}
