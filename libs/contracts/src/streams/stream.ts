import type { z } from 'zod';

/**
 * A stream: one kind of event on its way from the machines to its tables. Everything that names a topic, a group, a
 * limit or a payload derives from here; what handles a stream is registered by its name, so that the compiler misses
 * what a new stream lacks.
 */
export interface StreamDescriptor {
  readonly name: string;
  /** The machine topic. Machines publish to it; its name carries the version of the event. */
  readonly source: string;
  /** The accepted topic, which ingest writes blocks to: source partition p goes to accepted partition p. */
  readonly accepted: string;
  /** Where refused events go, whichever service refuses them. */
  readonly deadLetters: string;
  /** Consumer group of ingest on `source`. */
  readonly ingestGroup: string;
  /** Consumer group of the writer on `accepted`. */
  readonly writerGroup: string;
  readonly limits: {
    /** Largest uncompressed record value of the machine topic, in bytes; ingest refuses a larger one as `too_large`. */
    readonly eventBytes: number;
    /** Most events that one record may carry as a JSON array; null: a record is one event, never an array. */
    readonly eventsPerRecord: number | null;
  };
  /** Whether ingest refuses events older than the retention of telemetry as `too_old`. */
  readonly isAgeLimited: boolean;
  /** What the rows of a block are: encoding, table and version, which the block states in header `payload`. */
  readonly payload: string;
  /** One event, as machines publish it. */
  readonly schema: z.ZodType;
  /** How the AsyncAPI document names the message, and the field that machines key their records by. */
  readonly message: { readonly name: string; readonly key: string };
}

/** Where the refused events of a machine topic go. */
export const deadLetterTopic = <Source extends string>(source: Source): `${Source}.dlq` => `${source}.dlq`;
