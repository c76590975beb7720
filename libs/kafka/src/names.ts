/**
 * Names at the edge: what the contract calls a topic or group, and what it is called on the brokers, where two
 * environments on one cluster differ by a prefix. Blocks, positions, letters and the database hold names of the contract.
 */

/** What one environment puts before its names. */
export interface Prefixes {
  /** Stands before the name of every topic on the brokers; callers never see it. Default: none. */
  readonly topicPrefix?: string;
  /** The same for consumer groups. */
  readonly groupPrefix?: string;
}

/** Allowed in a prefix; Kafka allows the same characters in names, which may be 249 long. */
export const PREFIX = /^[A-Za-z0-9._-]{0,100}$/;

export const topicOnBroker = ({ topicPrefix = '' }: Prefixes, topic: string): string => topicPrefix + topic;

export const groupOnBroker = ({ groupPrefix = '' }: Prefixes, group: string): string => groupPrefix + group;
