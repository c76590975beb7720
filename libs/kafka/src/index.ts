export * from './admin.ts';
export * from './batch-server.ts';
export { kafkaConnection, kafkaVariables, type KafkaConnection, type KafkaVariables } from './client.ts';
export type { Compression } from './codecs.ts';
export { DEFAULT_CONSUMER_OPTIONS, type ConsumerOptions, type PartitionStatus } from './group-consumer.ts';
export * from './kafka.error.ts';
export * from './producer.ts';
export * from './read-topic.ts';
export * from './record-batch.ts';
