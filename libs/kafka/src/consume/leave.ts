/** Leaves a group on behalf of a member for which the client does not. */
import { withDeadline, type Logger } from '@chip/service';
import type { Broker } from 'kafkajs';
import { clusterOf, type KafkaConnection } from '../client.ts';

const LEAVE_TIMEOUT_MS = 3_000;

/**
 * kafkajs leaves a group only after it has joined. A joining member would keep its share of the partitions from the
 * others until its session ends. This request uses a connection of its own: on the existing one the broker reads
 * nothing until it has answered the join. Never throws.
 */
export async function leaveGroup(
  connection: KafkaConnection,
  logger: Logger,
  groupId: string,
  memberId: string,
): Promise<void> {
  if (memberId === '') {
    return;
  }
  const cluster = clusterOf(connection, logger);
  const leave = async (): Promise<void> => {
    await cluster.connect();
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as Broker & {
      leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
    };
    await coordinator.leaveGroup({ groupId, memberId });
  };
  try {
    await withDeadline(leave(), LEAVE_TIMEOUT_MS, `leaving ${groupId}`);
  } catch (error) {
    // The others wait no longer than the session timeout.
    logger.debug({ err: error }, 'group_not_left');
  } finally {
    cluster.disconnect().catch((error: unknown) => logger.debug({ err: error }, 'disconnect_incomplete'));
  }
}
