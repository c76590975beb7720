/** Tells the members of the pipeline's consumer groups that a run has started from strangers. */
import { randomBytes } from 'node:crypto';
import type { Admin } from 'kafkajs';
import type { Part } from './part.ts';

/**
 * The groups have the same names everywhere. A service of another checkout that goes on asking for a broker at an address
 * which is ours by now joins them, takes partitions and writes to a database of its own: counts are then wrong for no
 * reason that one could see in them.
 */
export class Membership {
  readonly #mark = randomBytes(6).toString('hex');
  readonly #groupPrefix: string;

  /** @param groupPrefix of the services */
  constructor(groupPrefix = '') {
    this.#groupPrefix = groupPrefix;
  }

  /** The part with an instance name of this run, which a Kafka client has in its id. */
  join<P extends Part>(part: P): P {
    const { launch } = part;
    return { ...part, launch: { ...launch, env: { ...launch.env, INSTANCE: `${launch.name}.${this.#mark}` } } };
  }

  /** A sentence about each member that this run has not started. */
  async strangers(admin: Pick<Admin, 'describeGroups'>): Promise<string[]> {
    // Not at the top of the file: the tools run before the libraries are built.
    const { STREAMS } = await import('@chip/contracts');
    const groups = STREAMS.flatMap(({ ingestGroup, writerGroup }) => [ingestGroup, writerGroup]);
    const { groups: described } = await admin.describeGroups(groups.map((name) => this.#groupPrefix + name));
    return described.flatMap(({ groupId, members }) =>
      members
        .filter(({ clientId }) => !clientId.endsWith(`.${this.#mark}`))
        .map(
          ({ clientId, clientHost }) =>
            `${clientId} from ${clientHost} is in the group ${groupId}, but was not started by this run: end it`,
        ),
    );
  }
}
