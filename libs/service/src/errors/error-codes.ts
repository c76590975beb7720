/**
 * Every code that an {@link AppError} may carry, with its meaning. Codes are immutable: they are metric labels, log fields
 * and names of runbook pages (`docs/runbooks/<code>.md`). A retired code stays listed, so that it never gets a second
 * meaning.
 */
export const ERROR_CODES = {
  config_invalid: 'an environment variable is missing or invalid; the process does not start',
  start_failed: 'the process could not start with a valid configuration, for example because its port is taken',
  deadline_exceeded: 'an operation used up its time budget; the last failure is its cause',
  input_refused: 'a command cannot use a file or an option; the message says which and why',
  unexpected: 'an unexpected error reached the top of the process',
  kafka_unavailable: 'no broker answers, or the brokers answer with a transient error',
  kafka_refused: 'the broker refuses the request and will refuse it again: authorisation, size, settings',
  kafka_topic_missing: 'a topic that this process needs does not exist',
  kafka_record_too_large: 'one record is larger than its topic allows',
  kafka_partition_lost: 'another consumer owns the partition now; this one dropped its work on it',
  kafka_rejoin: 'a handler asked to drop its batch and to join the consumer group again',
  kafka_consumer_crashed: 'the Kafka client gave up on a consumer and will not restart it',
  kafka_consumer_stalled: 'records wait in an assigned partition, the broker answers, and nothing arrives',
  kafka_handler_failed: 'a batch handler failed unexpectedly; nothing of its batch is committed',
  database_unavailable: 'the database does not answer or cannot serve now; transient',
  database_row_refused: 'the database refuses a row because of its values (SQLSTATE class 22 or 23)',
  database_position_conflict: 'another writer moved the position; this flush stored nothing',
  database_failed: 'the database refuses a statement that it should accept: a defect of this software or of its schema',
  database_commit_unknown: 'the connection was lost during COMMIT; the position shows whether it succeeded',
  database_transaction_failed: 'the database rolled back a transaction because an earlier statement in it failed',
  rows_mostly_rejected: 'the database refused more recent rows than bad data explains; the partition stops',
  dead_letters_refused: 'the dead-letter topic refuses the letters of a flush; the partition stops and tries again',
  database_url_invalid: 'the database URL cannot be used',
  database_unsupported: 'the database server lacks what the schema needs; the message says what',
  edition_refused:
    'the TimescaleDB edition of the server does not match the roll-ups of the database, or cannot be converted',
  schema_outdated: 'the database schema is older than this version needs; run the migrations',
  schema_lost: 'the database once held the schema and is empty now; migrations initialise it only on request',
  duplicate_inspection: 'this chip already has an inspection of this type',
  retention_refused: 'a retention or legal hold cannot be set as requested',
  rollup_range_refused: 'the raw rows that are left do not cover the range of a roll-up rebuild',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
