/**
 * Names at the edge: a topic or group has a name in the contract and a name on the brokers, where a prefix separates
 * two environments on one cluster. Blocks, positions, letters and the database hold names of the contract.
 */

/** The prefixes of one environment. */
export interface Prefixes {
  /** Put before the name of every topic on the brokers; callers never see it. Default: none. */
  readonly topicPrefix?: string;
  /** The same for consumer groups. */
  readonly groupPrefix?: string;
}

/** Allowed in a prefix; Kafka allows the same characters in names, which may be 249 long. */
export const PREFIX = /^[A-Za-z0-9._-]{0,100}$/;

export const topicOnBroker = ({ topicPrefix = '' }: Prefixes, topic: string): string => topicPrefix + topic;

export const groupOnBroker = ({ groupPrefix = '' }: Prefixes, group: string): string => groupPrefix + group;
