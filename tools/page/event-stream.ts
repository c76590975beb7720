/** Tests of the stream of events behind the page: nothing that it tells is missed, and nothing is asked in vain. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { type Visitor } from './visitor.ts';

export interface Given {
  readonly visitor: () => Visitor;
  /** Another person with a browser of their own. */
  readonly enter: () => Promise<Visitor>;
  /** Publishes one sample, and waits until it is stored. */
  readonly publish: () => Promise<void>;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function eventStream({ visitor: current, enter, publish }: Given): void {
  describe('the stream of events', () => {
    // Also what is still on its way, whose page has gone on.
    afterEach(() => current().page.unrouteAll({ behavior: 'ignoreErrors' }));

    /** How often a new browser asks each question of a view, until long after it would have asked again. */
    const askedByFreshView = async (view: string): Promise<Readonly<Record<string, number>>> => {
      const other = await enter();
      try {
        const { page } = other;
        await page.clock.install();
        // On a faster machine, or a nearer one, the stream is open before the view is loaded.
        await page.route('**/v1/events', (route) => sleep(300).then(() => route.continue()));
        const counts: Record<string, number> = {};
        const opened = page.waitForResponse((response) => response.url().endsWith('/v1/events'));
        page.on('request', (request) => {
          const { pathname, search } = new URL(request.url());
          if (pathname.startsWith('/v1/') && pathname !== '/v1/events') {
            counts[pathname + search] = (counts[pathname + search] ?? 0) + 1;
          }
        });
        await other.load(view);
        await opened;
        // What is to be asked later is asked now. A stream is given up after 45 s.
        await page.clock.fastForward(40_000);
        await sleep(500);
        return counts;
      } finally {
        await other.leave();
      }
    };

    it('a fresh view asks each question once', async () => {
      // On a busy machine the stream of events may open so late that a view no longer waits for it.
      for (let attempt = 1; ; attempt++) {
        const counts = await askedByFreshView('/?range=all');
        expect(Object.keys(counts)).not.toEqual([]);
        if (attempt === 3 || Object.values(counts).every((count) => count === 1)) {
          expect(counts).toEqual(Object.fromEntries(Object.keys(counts).map((name) => [name, 1])));
          return;
        }
      }
    });

    it('what is stored before the stream of events opens is shown', async () => {
      const { page } = current();
      const letGo = Promise.withResolvers<void>();
      await page.route('**/v1/events', async (route) => {
        await letGo.promise;
        return route.continue();
      });
      // The view does not wait for a stream that is slow to open.
      await current().load('/pipeline');
      const applied = async (): Promise<string> =>
        (await current().table('Topics')).find(([topic]) => topic === 'telemetry.samples.v1')![4]!;
      const before = await applied();
      await publish();
      expect(await applied()).toBe(before);
      letGo.resolve();
      await waitFor(applied, (count) => count !== before);
    });

    it('a stream of events that ends at once is not asked for without a pause', async () => {
      const { page } = current();
      let count = 0;
      await page.route('**/v1/events', (route) => {
        count++;
        return route.fulfill({ contentType: 'text/event-stream', body: ': here\n\n' });
      });
      await page.goto(new URL('/pipeline', page.url()).href);
      await waitFor(
        () => count,
        (n) => n > 0,
      );
      await sleep(5_000);
      expect(count).toBeLessThanOrEqual(4);
    });

    it('events reach a browser that cannot iterate over a stream', async () => {
      const other = await enter();
      try {
        const { page } = other;
        await page.addInitScript(() => {
          delete (ReadableStream.prototype as Partial<ReadableStream>)[Symbol.asyncIterator];
        });
        let count = 0;
        page.on('request', (request) => (count += request.url().endsWith('/v1/events') ? 1 : 0));
        await other.load('/pipeline');
        await page.getByText('live', { exact: true }).waitFor();
        await sleep(4_000);
        const asked = page.waitForRequest((request) => request.url().endsWith('/v1/pipeline'));
        await publish();
        await asked;
        expect(count).toBe(1);
      } finally {
        await other.page.unrouteAll({ behavior: 'ignoreErrors' });
        await other.leave();
      }
    });
  });
}
