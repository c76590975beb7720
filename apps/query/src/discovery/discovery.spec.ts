import { describe, expect, it } from '@jest/globals';
import { type Snapshots } from '../sql/snapshots.ts';
import { page } from './discovery-answer.ts';
import { DiscoveryQuery } from './discovery.query.ts';

describe('lists of names', () => {
  it.each(['x', '晶', '😀'])('go on behind a name of 100 times %s', async (character) => {
    const names = ['1', '2'].map((digit) => `${character.repeat(99)}${digit}`);
    const asked: unknown[] = [];
    const snapshot = {
      query: (_text: string, [after]: unknown[]) => {
        asked.push(after);
        return Promise.resolve(names.map((name) => ({ name })));
      },
    };
    const snapshots = { read: (question: (of: object) => unknown) => question(snapshot) } as unknown as Snapshots;
    const query = new DiscoveryQuery(snapshots, snapshots);
    const { next_cursor } = await query.products(page.parse({ limit: '1' }));
    await query.products(page.parse({ limit: '1', cursor: next_cursor }));
    expect(asked).toEqual(['', names[0]]);
  });
});
