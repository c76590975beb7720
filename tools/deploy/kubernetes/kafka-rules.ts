/** Kafka by Strimzi: settings that its schema accepts and that lose records, and what the contract says of topics. */
import { TOPICS } from '@chip/contracts';
import { ofKind, when, type KubernetesObject } from './objects.ts';
import { environmentOf, podsOf } from './pods.ts';

interface KafkaSpec {
  kafka: {
    version: string;
    metadataVersion: string;
    listeners: { name: string; port: number; tls: boolean; authentication?: { type: string } }[];
    authorization?: { type: string };
    config: Record<string, string | number | boolean>;
  };
}

interface TopicObject {
  partitions?: number;
  replicas?: number;
  config?: Record<string, string | number>;
}

/** With fewer, nobody could hold the second copy. */
const BROKERS_FOR_TWO_COPIES = 3;

/** Each replicated internal topic, and how many of its copies must be there. */
const COPIES: readonly (readonly [copies: string, inSync: string])[] = [
  ['default.replication.factor', 'min.insync.replicas'],
  ['transaction.state.log.replication.factor', 'transaction.state.log.min.isr'],
  ['share.coordinator.state.topic.replication.factor', 'share.coordinator.state.topic.min.isr'],
];

export function brokerProblems(objects: readonly KubernetesObject[]): string[] {
  const brokers = brokerCount(objects);
  return ofKind<KafkaSpec>(objects, 'Kafka').flatMap(({ metadata: { name }, spec: { kafka } }) => {
    const { config } = kafka;
    const where = `Kafka ${name}`;
    const largest = Math.max(...TOPICS.map(({ settings }) => Number(settings['max.message.bytes'] ?? 0)));
    return [
      ...when(config['auto.create.topics.enable'] !== false, `${where}: a misspelt topic would be created`),
      ...when(
        config['unclean.leader.election.enable'] !== false,
        `${where}: a broker that lacks records may become leader`,
      ),
      ...['message.max.bytes', 'replica.fetch.max.bytes'].flatMap((setting) =>
        when(!(Number(config[setting]) >= largest), `${where}: ${setting} is below the largest record, ${largest}`),
      ),
      ...COPIES.flatMap(([copies, inSync]) =>
        copyProblems(where, brokers, config[copies], config[inSync], `${copies}, ${inSync}`),
      ),
      ...when(
        !kafka.metadataVersion.startsWith(kafka.version.split('.').slice(0, 2).join('.')),
        `${where}: metadataVersion ${kafka.metadataVersion} is not that of ${kafka.version}`,
      ),
      ...when(
        kafka.authorization?.type !== 'simple' || kafka.listeners.some(({ authentication }) => !authentication),
        `${where}: everyone may do everything (authentication and authorization)`,
      ),
      ...kafka.listeners.flatMap(({ name: listener, tls }) => when(!tls, `${where}: ${listener} is not encrypted`)),
    ];
  });
}

const brokerCount = (objects: readonly KubernetesObject[]): number =>
  ofKind<{ replicas: number; roles: string[] }>(objects, 'KafkaNodePool')
    .filter(({ spec }) => spec.roles.includes('broker'))
    .reduce((sum, { spec }) => sum + spec.replicas, 0);

function copyProblems(where: string, brokers: number, copies: unknown, inSync: unknown, what: string): string[] {
  return [
    ...when(!(Number(copies) <= brokers), `${where}: ${copies} copies on ${brokers} brokers (${what})`),
    ...when(
      brokers >= BROKERS_FOR_TWO_COPIES && !(Number(copies) >= 3 && Number(inSync) === 2),
      `${where}: ${copies} copies of which ${inSync} must have a record; 3 and 2 lose nothing (${what})`,
    ),
    ...when(
      Number(copies) > 1 && !(Number(inSync) < Number(copies)),
      `${where}: one broker away stops producers (${what})`,
    ),
  ];
}

export function topicProblems(objects: readonly KubernetesObject[]): string[] {
  if (ofKind(objects, 'Kafka').length === 0) {
    return [];
  }
  const topics = ofKind<TopicObject>(objects, 'KafkaTopic');
  return [
    ...TOPICS.flatMap(({ name, partitions, settings }) => {
      const topic = topics.find(({ metadata }) => metadata.name === name)?.spec;
      if (!topic) {
        return [`KafkaTopic: none for ${name}`];
      }
      return [
        ...when(!(Number(topic.partitions) >= partitions), `KafkaTopic ${name}: ${topic.partitions} partitions`),
        ...Object.entries(settings)
          .filter(([setting, value]) => String(topic.config?.[setting]) !== value)
          .map(
            ([setting, value]) =>
              `KafkaTopic ${name}: ${setting} is ${topic.config?.[setting]}, the contract says ${value}`,
          ),
        ...copyProblems(
          `KafkaTopic ${name}`,
          brokerCount(objects),
          topic.replicas,
          topic.config?.['min.insync.replicas'],
          'replicas, min.insync.replicas',
        ),
      ];
    }),
    ...topics
      .filter(({ metadata }) => !TOPICS.some(({ name }) => name === metadata.name))
      .map(({ metadata }) => `KafkaTopic ${metadata.name}: is in no contract`),
  ];
}

export function brokerAddressProblems(objects: readonly KubernetesObject[]): string[] {
  const addresses = ofKind<KafkaSpec>(objects, 'Kafka').flatMap(({ metadata, spec }) =>
    spec.kafka.listeners.map(({ port, tls }) => ({ address: `${metadata.name}-kafka-bootstrap:${port}`, tls })),
  );
  return podsOf(objects).flatMap(({ kind, name, spec }) =>
    (spec?.containers ?? []).flatMap((container) => {
      const { KAFKA_BROKERS: brokers, KAFKA_SSL: ssl } = environmentOf(container, objects);
      const listener = addresses.find(({ address }) => address === brokers);
      return brokers === undefined
        ? []
        : [
            ...when(!listener, `${kind} ${name}: no listener is at ${brokers}`),
            ...when(
              listener !== undefined && listener.tls !== (ssl === 'on'),
              `${kind} ${name}: KAFKA_SSL is ${ssl}, the listener at ${brokers} thinks otherwise`,
            ),
          ];
    }),
  );
}
