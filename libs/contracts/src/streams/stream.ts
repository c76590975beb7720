import type { z } from 'zod';

/**
 * A stream: one kind of event on its way from the machines to its tables. Topics, groups, limits and payloads derive from
 * it. Handlers are registered by the name of the stream, so that the compiler reports what a new stream lacks.
 */
export interface StreamDescriptor {
  readonly name: string;
  /** The machine topic. Machines publish to it; its name carries the version of the event. */
  readonly source: string;
  /** The accepted topic. Ingest writes the blocks of source partition p to its partition p. */
  readonly accepted: string;
  /** The dead-letter topic for events that any service refuses. */
  readonly deadLetters: string;
  /** Consumer group of ingest on `source`. */
  readonly ingestGroup: string;
  /** Consumer group of the writer on `accepted`. */
  readonly writerGroup: string;
  readonly limits: {
    /** Largest uncompressed record value, in bytes; ingest refuses a larger one as `too_large`. */
    readonly eventBytes: number;
    /** Most events that one record may carry as a JSON array; null: a record is always one event. */
    readonly eventsPerRecord: number | null;
  };
  /** Whether ingest refuses events older than the retention of telemetry as `too_old`. */
  readonly isAgeLimited: boolean;
  /** Encoding, table and version of the rows in a block; the block states them in header `payload`. */
  readonly payload: string;
  /** Payloads of blocks that earlier versions of ingest wrote; the writer still reads them. */
  readonly earlierPayloads?: readonly string[];
  /** One event, as machines publish it. */
  readonly schema: z.ZodType;
  /** How the AsyncAPI document names the message, and the field that machines key their records by. */
  readonly message: { readonly name: string; readonly key: string };
  /** Fields that name the machine, the best first, for metrics by machine. */
  readonly machineFields: readonly string[];
}

/** The dead-letter topic of a machine topic. */
export const deadLetterTopic = <Source extends string>(source: Source): `${Source}.dlq` => `${source}.dlq`;
