/** One stream of events while the page is visible. It says that data arrived, not which: views ask for what they show. */
import { ProblemError } from '@chip/client';
import { effect, signal } from '@preact/signals';
import { problemOf } from './ask.ts';
import { readEvents } from './event-stream.ts';
import { authorization, key, refusal } from './session.ts';

/** Grows whenever positions moved, or may have moved unseen. */
export const moved = signal(0);
/** Whether the stream is open. */
export const isLive = signal(false);

export const isVisible = signal(document.visibilityState === 'visible');
document.addEventListener('visibilitychange', () => (isVisible.value = document.visibilityState === 'visible'));

/** The service says something every 15 s: after three times that, the network is gone without having said so. */
const SILENCE_MS = 45_000;
const RECONNECT_MS = 2_000;
/** Where there is no stream, views refresh at this pace. */
const WITHOUT_STREAM_MS = 10_000;
/** A stream that opens later, behind a proxy that holds it back, is not waited for. */
const OPENS_WITHIN_MS = 1_000;

let opening: Promise<void> = Promise.resolve();
/**
 * Settles when the stream has told the positions of now, or will not do so soon. A question of before must be asked again
 * then; one of after misses nothing.
 */
export const streamIsOpening = (): Promise<void> => opening;

/** Follows the stream until `signal` aborts. A browser has six connections per host, so a hidden page holds none. */
export function followEvents(): void {
  effect(() => {
    void key.value;
    if (!isVisible.value || refusal.value !== undefined) {
      return undefined;
    }
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    opening = promise;
    setTimeout(resolve, OPENS_WITHIN_MS);
    void follow(stop.signal, resolve);
    return () => {
      stop.abort();
      resolve();
      isLive.value = false;
    };
  });
}

/** Passes bytes on, and aborts when none arrive for too long. Not every browser can iterate over a stream. */
async function* endedBySilence(
  body: ReadableStream<Uint8Array>,
  silence: AbortController,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const { value, done } = await reader.read();
      clearTimeout(timer);
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    clearTimeout(timer);
    // A stream that broke has nothing to give up.
    reader.cancel().catch(() => {});
  }
}

/** @param tried called when the stream has told its first event, and when it could not be opened */
async function follow(signal: AbortSignal, tried: () => void): Promise<void> {
  while (!signal.aborted) {
    let waitMs = RECONNECT_MS;
    let opened = Infinity;
    const silence = new AbortController();
    try {
      const both = AbortSignal.any([signal, silence.signal]);
      const response = await fetch('/v1/events', { signal: both, headers: authorization(), cache: 'no-store' });
      if (response.ok && response.body) {
        isLive.value = true;
        opened = performance.now();
        for await (const { event } of readEvents(endedBySilence(response.body, silence))) {
          if (event === 'moved') {
            moved.value = moved.peek() + 1;
            tried();
          }
        }
      } else {
        waitMs = WITHOUT_STREAM_MS;
        problemOf(await ProblemError.of(response));
      }
    } catch {
      // The service restarts or the network is away: views say so, and the stream is opened again.
    }
    tried();
    if (signal.aborted) {
      return;
    }
    isLive.value = false;
    // A stream that ends as soon as it opens would be asked for without a pause.
    if (performance.now() - opened > RECONNECT_MS) {
      waitMs = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (waitMs === WITHOUT_STREAM_MS) {
      moved.value = moved.peek() + 1;
    }
  }
}
