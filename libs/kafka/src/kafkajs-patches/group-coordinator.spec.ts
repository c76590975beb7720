import { describe, expect, it } from '@jest/globals';
import kafkajs, { type Cluster } from 'kafkajs';
import { repeatSearchForCoordinator } from './group-coordinator.ts';

const { KafkaJSNonRetriableError } = kafkajs;
/** Its types leave out the message that its constructor needs. */
const NotFound = kafkajs.KafkaJSGroupCoordinatorNotFound as unknown as typeof kafkajs.KafkaJSNonRetriableError;

/** What the search throws, when that of kafkajs throws `error`. */
async function thrown(error: Error): Promise<unknown> {
  const cluster = { findGroupCoordinator: () => Promise.reject(error) } as unknown as Cluster;
  repeatSearchForCoordinator(cluster);
  return cluster.findGroupCoordinator({ groupId: 'g' }).catch((failure: unknown) => failure);
}

describe('the search for the coordinator of a group', () => {
  it('may be repeated when no broker answers, also where the retries of kafkajs say otherwise', async () => {
    const notFound = new NotFound('Failed to find group coordinator');
    expect(notFound.retriable).toBe(false);
    const gaveUp = Object.assign(new KafkaJSNonRetriableError('gave up'), { cause: notFound });
    for (const error of [notFound, gaveUp]) {
      expect(await thrown(error)).toMatchObject({ name: 'KafkaJSConnectionError', retriable: true });
    }
  });

  it('keeps every other failure', async () => {
    const refused = new KafkaJSNonRetriableError('GROUP_AUTHORIZATION_FAILED');
    expect(await thrown(refused)).toBe(refused);
  });
});
