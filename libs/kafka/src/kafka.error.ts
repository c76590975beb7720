/** Kafka's errors as this system distinguishes them. */
import { AppError, DeadlineExceededError, type ErrorContext } from '@chip/service';

/** No broker answers, or its answer is a transient error (election, timeout, closed connection). */
export class KafkaUnavailableError extends AppError {
  readonly code = 'kafka_unavailable';
  readonly retriable = true;
}

/** The broker refuses the request and will keep refusing it: authorisation, settings, a malformed request. */
export class KafkaRefusedError extends AppError {
  readonly code = 'kafka_refused';
  readonly retriable = false;
}

/** The topic or partition does not exist, or this process does not know it yet. */
export class TopicMissingError extends AppError {
  readonly code = 'kafka_topic_missing';
  // After a topic was created or grown, the brokers learn of it one by one.
  readonly retriable = true;
}

/** A record, or the batch it travels in, is larger than the topic allows. */
export class RecordTooLargeError extends AppError {
  readonly code = 'kafka_record_too_large';
  readonly retriable = false;
}

/** Another consumer owns the partition now, or this one must stop: the work for the batch must not be committed. */
export class PartitionLostError extends AppError {
  readonly code = 'kafka_partition_lost';
  readonly retriable = true;
}

/**
 * Thrown by a batch handler that met a sign of a second owner of its partition: drops the batch and everything
 * remembered of the assignment; the consumer rejoins its group.
 */
export class RejoinError extends AppError {
  readonly code = 'kafka_rejoin';
  readonly retriable = true;
}

/** The client gave up on a consumer. Fatal: a process with a dead consumer looks alive but does nothing. */
export class ConsumerCrashedError extends AppError {
  readonly code = 'kafka_consumer_crashed';
  readonly retriable = false;
}

/** Records wait, the broker answers, and the client delivers nothing. Fatal, see {@link ConsumerCrashedError}. */
export class ConsumerStalledError extends AppError {
  readonly code = 'kafka_consumer_stalled';
  readonly retriable = false;
}

/** A batch handler threw an unexpected error. Fatal: the same batch would fail again. */
export class HandlerFailedError extends AppError {
  readonly code = 'kafka_handler_failed';
  readonly retriable = false;
}

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const MISSING = new Set(['UNKNOWN_TOPIC_OR_PARTITION']);
const LOST = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** Protocol error name of a kafkajs error, from the innermost cause that has one. */
export function kafkaErrorType(error: unknown): string | undefined {
  let type: string | undefined;
  for (let current = error; current instanceof Error; current = current.cause) {
    const own = (current as { type?: unknown }).type;
    if (typeof own === 'string') {
      type = own;
    }
  }
  return type;
}

/** Whether `error` means that this member's claim on its partitions is over or about to end. */
export const isGroupLost = (error: unknown): boolean => LOST.has(kafkaErrorType(error) ?? '');

/** Translates a kafkajs error once, by its protocol `type` and its own `retriable` flag, never by its message. */
export function translateKafkaError(error: unknown, what: string, context: ErrorContext = {}): AppError {
  if (error instanceof DeadlineExceededError) {
    return new KafkaUnavailableError(`${what}: ${error.message}`, { cause: error, context });
  }
  if (error instanceof AppError) {
    return error;
  }
  const type = kafkaErrorType(error) ?? '';
  const options = { cause: error, context: type === '' ? context : { ...context, kafkaError: type } };
  const message = `${what}: ${type || (error instanceof Error ? error.message : String(error))}`;
  if (TOO_LARGE.has(type)) {
    return new RecordTooLargeError(message, options);
  }
  if (MISSING.has(type)) {
    return new TopicMissingError(message, options);
  }
  if (LOST.has(type)) {
    return new PartitionLostError(message, options);
  }
  return isRetriable(error) ? new KafkaUnavailableError(message, options) : new KafkaRefusedError(message, options);
}

/** kafkajs marks a retry loop that gave up as not retriable; what counts is the failure that it retried. */
function isRetriable(error: unknown): boolean {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) {
    current = current.cause;
  }
  return (current as { retriable?: boolean } | undefined)?.retriable === true;
}
