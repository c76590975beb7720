/** Tells the consumer group members that a run has started from foreign ones. */
import { randomBytes } from 'node:crypto';
import type { Admin, GroupDescription } from 'kafkajs';
import type { Part } from './part.ts';

/**
 * Group names are the same everywhere. A service of another checkout that keeps asking for a broker at an address that
 * is now ours joins them, takes partitions and writes to its own database: counts are then wrong for no visible reason.
 */
export class Membership {
  readonly #mark = randomBytes(6).toString('hex');
  readonly #groupPrefix: string;

  /** @param groupPrefix of the services */
  constructor(groupPrefix = '') {
    this.#groupPrefix = groupPrefix;
  }

  /** Gives the part an instance name of this run, which a Kafka client carries in its id. */
  join<P extends Part>(part: P): P {
    const { launch } = part;
    return { ...part, launch: { ...launch, env: { ...launch.env, INSTANCE: `${launch.name}.${this.#mark}` } } };
  }

  /** Returns a sentence about each member that this run has not started. */
  async strangers(admin: Pick<Admin, 'describeGroups'>): Promise<string[]> {
    return (await this.#groups(admin)).flatMap(({ groupId, members }) =>
      members
        .filter(({ clientId }) => !clientId.endsWith(`.${this.#mark}`))
        .map(
          ({ clientId, clientHost }) =>
            `${clientId} from ${clientHost} is in the group ${groupId}, but was not started by this run: end it`,
        ),
    );
  }

  /** Resolves with whether every group has shared out its partitions among this many members. */
  async isShared(admin: Pick<Admin, 'describeGroups'>, members: number): Promise<boolean> {
    return (await this.#groups(admin)).every((group) => group.state === 'Stable' && group.members.length === members);
  }

  async #groups(admin: Pick<Admin, 'describeGroups'>): Promise<GroupDescription[]> {
    // Not at the top of the file: the tools run before the libraries are built.
    const { STREAMS } = await import('@chip/contracts');
    const groups = STREAMS.flatMap(({ ingestGroup, writerGroup }) => [ingestGroup, writerGroup]);
    return (await admin.describeGroups(groups.map((name) => this.#groupPrefix + name))).groups;
  }
}
