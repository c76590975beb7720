import { z } from 'zod';
import { INSPECTION } from './inspection/inspection.stream.ts';
import type { StreamDescriptor } from './stream.ts';
import { TELEMETRY } from './telemetry/telemetry.stream.ts';

/** Every stream. Code that creates, checks, reads or writes topics starts from this list. */
export const STREAMS = [TELEMETRY, INSPECTION] as const;

export type Stream = (typeof STREAMS)[number];
export type StreamName = Stream['name'];
export type MachineTopic = Stream['source'];
export type AcceptedTopic = Stream['accepted'];
export type PayloadKind = Stream['payload'] | (typeof INSPECTION)['earlierPayloads'][number];

const PAYLOADS: ReadonlySet<string> = new Set(
  STREAMS.flatMap((stream: StreamDescriptor) => [stream.payload, ...(stream.earlierPayloads ?? [])]),
);

/** Whether this version reads blocks with such a payload. */
export const isPayloadKind = (kind: string | undefined): kind is PayloadKind =>
  kind !== undefined && PAYLOADS.has(kind);

/** The stream of a machine topic; undefined for any other topic. */
export const streamOf = (topic: string): Stream | undefined => STREAMS.find(({ source }) => source === topic);

/** The stream of an accepted topic; undefined for any other topic. */
export const streamOfAccepted = (topic: string): Stream | undefined =>
  STREAMS.find(({ accepted }) => accepted === topic);

/** Streams by name, separated by commas, each once, for a process that serves some of them; in the order of {@link STREAMS}. */
export const streamsSchema = z
  .string()
  .default(STREAMS.map(({ name }) => name).join(','))
  .transform((names, context): readonly Stream[] => {
    const given = names.split(',').map((name) => name.trim());
    const named = STREAMS.filter(({ name }) => given.includes(name));
    if (named.length === given.length) {
      return named;
    }
    context.addIssue({
      code: 'custom',
      message: `must be ${STREAMS.map(({ name }) => name).join(' or ')}, each once, separated by commas`,
    });
    return z.NEVER;
  });
