import { DeadlineExceededError } from '@chip/service';
import { describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { isGroupLost, translateKafkaError } from './kafka.error.ts';

const protocolError = (type: string, retriable: boolean): Error =>
  new (kafkajs.KafkaJSProtocolError as unknown as new (error: object) => Error)({
    message: `${type} happened`,
    type,
    retriable,
  });
const gaveUp = (cause: Error): Error =>
  new (kafkajs.KafkaJSNumberOfRetriesExceeded as unknown as new (error: Error, options: object) => Error)(cause, {
    retryCount: 3,
    retryTime: 1,
  });

describe('translateKafkaError', () => {
  it.each([
    ['MESSAGE_TOO_LARGE', false, 'kafka_record_too_large', false],
    ['RECORD_LIST_TOO_LARGE', false, 'kafka_record_too_large', false],
    ['UNKNOWN_TOPIC_OR_PARTITION', true, 'kafka_topic_missing', true],
    ['ILLEGAL_GENERATION', false, 'kafka_partition_lost', true],
    ['UNKNOWN_MEMBER_ID', false, 'kafka_partition_lost', true],
    ['NOT_LEADER_FOR_PARTITION', true, 'kafka_unavailable', true],
    ['NOT_ENOUGH_REPLICAS', true, 'kafka_unavailable', true],
    ['TOPIC_AUTHORIZATION_FAILED', false, 'kafka_refused', false],
  ])('%s', (type, retriable, code, expectedRetriable) => {
    const error = protocolError(type, retriable);
    expect(translateKafkaError(error, 'send')).toMatchObject({
      code,
      retriable: expectedRetriable,
      cause: error,
      context: { kafkaError: type },
    });
    // The client's own retries wrap the failure they repeated.
    expect(translateKafkaError(gaveUp(error), 'send')).toMatchObject({ code, retriable: expectedRetriable });
  });

  it('judges a lost connection by kafkajs, also behind its retries', () => {
    const refused = new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED', {
      broker: 'x:1',
      code: 'ECONNREFUSED',
    } as never);
    expect(translateKafkaError(gaveUp(refused), 'connect')).toMatchObject({
      code: 'kafka_unavailable',
      retriable: true,
    });
  });

  it('reads the type, not the message', () => {
    expect(translateKafkaError(new Error('MESSAGE_TOO_LARGE'), 'send')).toMatchObject({
      code: 'kafka_refused',
      retriable: false,
    });
  });

  it('leaves our own errors alone, but names a deadline by what it waited for', () => {
    const late = new DeadlineExceededError('took too long');
    const translated = translateKafkaError(late, 'send');
    expect(translated).toMatchObject({ code: 'kafka_unavailable', cause: late });
    expect(translateKafkaError(translated, 'again')).toBe(translated);
  });
});

it('knows every error that ends a membership', () => {
  expect(isGroupLost(protocolError('REBALANCE_IN_PROGRESS', true))).toBe(true);
  expect(isGroupLost(protocolError('NOT_LEADER_FOR_PARTITION', true))).toBe(false);
  expect(isGroupLost(new Error('REBALANCE_IN_PROGRESS'))).toBe(false);
});
