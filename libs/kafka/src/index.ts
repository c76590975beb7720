export * from './admin.ts';
export {
  kafkaConnection,
  kafkaVariables,
  serviceConnection,
  type KafkaConnection,
  type KafkaVariables,
} from './client.ts';
export type { Compression } from './records/codecs.ts';
export * from './records/kafka-record.ts';
export { areHeadersCut, StoredRecord } from './records/record-set.ts';
export * from './consume/consumer-options.ts';
export type { PartitionStatus } from './consume/assignment.ts';
export * from './dead-letters.ts';
export * from './kafka.error.ts';
export * from './producer.ts';
export * from './read-topic.ts';
export * from './consume/record-batch.ts';
