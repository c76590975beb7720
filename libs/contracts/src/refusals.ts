/** Why an event was refused. Codes are immutable: they are header values, metric labels and runbook names. */
export const REFUSAL_CODES = [
  'malformed_json',
  'schema_violation',
  'time_out_of_range',
  'too_old',
  'value_out_of_range',
  'invalid_text',
  'too_large',
  'too_deep',
  'unknown_inspection_type',
  'event_id_conflict',
  'database_rejected',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal as a value: bad events never throw. `detail` names field, what came, what was expected. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** Header names of a dead letter (see the contract, "Dead letter"). */
export const DEAD_LETTER_HEADERS = {
  code: 'error-code',
  detail: 'error-detail',
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  index: 'source-index',
  failedAt: 'failed-at',
  stage: 'stage',
  content: 'content',
  truncated: 'truncated',
} as const;

/** Key of a dead letter. It may occur twice after a crash: count distinct keys. */
export const deadLetterKey = (topic: string, partition: number, offset: number, index?: number): string =>
  index === undefined ? `${topic}/${partition}/${offset}` : `${topic}/${partition}/${offset}/${index}`;
