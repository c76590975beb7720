/** Tests of what a person does while data arrives, answers fail or fail to come: nothing of it is undone, and nothing is hidden. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { type Visitor } from './visitor.ts';

export interface Given {
  readonly visitor: () => Visitor;
  /** Another person with a browser of their own. */
  readonly enter: () => Promise<Visitor>;
  readonly lot: () => string;
  /** Publishes one sample. */
  readonly publish: () => Promise<void>;
}

const CHART = '/charts?step=GATE-CD&parameter=gate_cd&mix=yes&chart=imr&subgroup=1';

export function undisturbed({ visitor: current }: Given): void {
  describe('while data arrives', () => {
    const address = (): URLSearchParams => new URL(current().page.url()).searchParams;
    // Also what is still on its way, whose page has gone on.
    afterEach(() => current().page.unrouteAll({ behavior: 'ignoreErrors' }));

    it('samples stay those that were counted', async () => {
      const { page } = current();
      const asked = (part: string) =>
        page.waitForRequest((request) => request.url().includes('/v1/spc?') && request.url().includes(part));
      const from = (url: string): string | null => new URL(url).searchParams.get('from');
      const first = asked('');
      await current().open(`${CHART}&sample=3`);
      await page.evaluate(() => {
        const now = Date.now;
        Date.now = () => now() + 6 * 3_600_000;
      });
      const next = asked('exclude=3');
      await page.getByRole('button', { name: 'Exclude from the limits' }).click();
      expect(from((await next).url())).toBe(from((await first).url()));
      // Another range has other samples.
      await page.getByRole('radio', { name: '7 days' }).check();
      await waitFor(address, (query) => query.get('range') === '7d');
      expect([address().get('exclude'), address().get('sample')]).toEqual([null, null]);
    });
  });
}
