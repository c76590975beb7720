/**
 * Every code an {@link AppError} may carry, with what it means. Codes are immutable: they are metric labels, log
 * fields and the names of the runbook pages (`docs/runbooks/<code>.md`). A retired code stays listed, so that it is
 * never given a second meaning.
 */
export const ERROR_CODES = {
  config_invalid: 'an environment variable is missing or refused; the process does not start',
  start_failed: 'the process could not start with a valid configuration, for example because its port is taken',
  deadline_exceeded: 'an operation used up its time budget; the last failure is its cause',
  input_refused: 'a file or an option given to a command cannot be used; the message says which and why',
  unexpected: 'an unexpected error reached the top of the process',
  kafka_unavailable: 'no broker answers, or the brokers answer with a transient error',
  kafka_refused: 'the broker refuses the request and will refuse it again: authorisation, size, settings',
  kafka_topic_missing: 'a topic that this process needs does not exist',
  kafka_record_too_large: 'one record is larger than its topic allows',
  kafka_partition_lost: 'the partition belongs to another consumer now; the work on it was dropped',
  kafka_rejoin: 'a handler asked to drop its batch and to join the consumer group again',
  kafka_consumer_crashed: 'the Kafka client gave up on a consumer and will not restart it',
  kafka_consumer_stalled: 'records wait in an assigned partition, the broker answers, and nothing arrives',
  kafka_handler_failed: 'a batch handler failed unexpectedly; nothing of its batch is committed',
  database_unavailable: 'the database does not answer or cannot serve now; transient',
  database_row_refused: 'the database refuses a row for its values (SQLSTATE class 22 or 23)',
  database_position_conflict: 'another writer moved the position; this flush left nothing behind',
  database_failed: 'the database refuses a statement that it should accept: a defect of this software or of its schema',
  database_commit_unknown: 'the connection was lost during COMMIT; the position says whether it took place',
  database_transaction_failed: 'a transaction was rolled back because an earlier statement of it had failed',
  rows_mostly_rejected: 'the database refused more of the latest rows than bad data explains; the partition stops',
  dead_letters_refused:
    'the topic of dead letters does not take the letters of a flush; the partition stops and tries again',
  database_url_invalid: 'the database URL cannot be used',
  database_unsupported: 'the database server lacks what the schema needs; the message says what',
  edition_refused:
    'the TimescaleDB edition of the server does not fit the roll-ups of the database, or cannot be made to',
  schema_outdated: 'the database schema is older than this version needs; run the migrations',
  schema_lost: 'the database once held the schema and is empty now; it is not initialised without being asked',
  duplicate_inspection: 'there is an inspection of this type for this chip already',
  retention_refused: 'a retention or legal hold cannot be set as asked',
  rollup_range_refused: 'the range of a roll-up rebuild cannot be computed from the raw rows that are left',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
