import { expect, it } from '@jest/globals';
import type { GroupDescription } from 'kafkajs';
import { Membership } from './membership.ts';
import type { Part } from './part.ts';

const part: Part = {
  launch: { name: 'writer-1', command: 'node', args: [], env: { INSTANCE: 'writer-1', PORT: '1' }, cwd: '/' },
  readiness: () => () => true,
  readyWithinMs: 1,
};
const instanceIn = (membership: Membership) => membership.join(part).launch.env['INSTANCE'] as string;
const member = (clientId: string) => ({
  memberId: `${clientId}-1`,
  clientId,
  clientHost: '/127.0.0.1',
  memberMetadata: Buffer.alloc(0),
  memberAssignment: Buffer.alloc(0),
});
/** A broker with these members in each writer group, and nobody in the others. */
const brokerWith = (...clientIds: string[]) => ({
  describeGroups: async (groupIds: string[]) => ({
    groups: groupIds.map((groupId): GroupDescription => ({
      groupId,
      members: groupId.startsWith('chip-writer-') ? clientIds.map(member) : [],
      protocol: '',
      protocolType: 'consumer',
      state: 'Stable',
    })),
  }),
});

it('knows the members of this run', async () => {
  const membership = new Membership();
  expect(instanceIn(membership)).toMatch(/^writer-1\.\w+$/);
  expect(membership.join(part).launch.env['PORT']).toBe('1');
  const clientId = `chip-writer-${instanceIn(membership)}`;
  expect(await membership.strangers(brokerWith(clientId, clientId))).toEqual([]);
});

it('names those of another run, and of another group of services, wherever they are', async () => {
  const ours = new Membership();
  const other = `chip-writer-${instanceIn(new Membership())}`;
  const found = await ours.strangers(brokerWith(`chip-writer-${instanceIn(ours)}`, other, 'chip-writer-writer-1'));
  expect(found).toHaveLength(4);
  expect(found[0]).toContain(`${other} from /127.0.0.1 is in the group chip-writer-telemetry`);
  expect(found.filter((text) => text.includes('chip-writer-inspection'))).toHaveLength(2);
});
