/** Lets a consumer outlive the moment in which no broker answers for its group. */
import kafkajs, { type Cluster } from 'kafkajs';

/**
 * kafkajs ends the consumer for good when the brokers that it knows close the connection while it asks for the group's
 * coordinator, as a broker does that restarts. With this the failure counts as a lost connection: the consumer restarts.
 *
 * @param cluster of the consumer, before it connects
 */
export function repeatSearchForCoordinator(cluster: Cluster): void {
  const find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async (group) => {
    try {
      return await find(group);
    } catch (error) {
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        if (cause.name === 'KafkaJSGroupCoordinatorNotFound') {
          throw new kafkajs.KafkaJSConnectionError(`${cause.message}: no broker answers`);
        }
      }
      throw error;
    }
  };
}
