/**
 * Keeps the plain kafkajs of tools and tests from waking a thousand times a second: after its first answer, each connection
 * sets a timer in the past, whose end sets the next one (kafkajs issue 1751, its fix was never released). That would be a
 * twentieth of a processor in every process with such a client.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const schedule = prototype.scheduleCheckPendingRequests;

/** Where no request waits there is nothing to check. */
prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) {
    schedule.call(this);
  }
};
