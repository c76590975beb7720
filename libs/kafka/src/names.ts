/**
 * Names at the edge: what the contract calls a topic or group, and what it is called on the brokers, where two
 * environments on one cluster differ by a prefix. Blocks, positions, letters and the database hold names of the contract.
 */
import type { KafkaConnection } from './client.ts';

type Prefixes = Pick<KafkaConnection, 'topicPrefix' | 'groupPrefix'>;

/** Allowed in a prefix; Kafka allows the same characters in names, which may be 249 long. */
export const PREFIX = /^[A-Za-z0-9._-]{0,100}$/;

export const topicOnBroker = ({ topicPrefix = '' }: Prefixes, topic: string): string => topicPrefix + topic;

export const groupOnBroker = ({ groupPrefix = '' }: Prefixes, group: string): string => groupPrefix + group;
