import { INSPECTION } from './inspection/inspection.stream.ts';
import { TELEMETRY } from './telemetry/telemetry.stream.ts';

/** Every stream. Code that creates, checks, reads or writes topics starts from this list. */
export const STREAMS = [TELEMETRY, INSPECTION] as const;

export type Stream = (typeof STREAMS)[number];
export type StreamName = Stream['name'];
export type MachineTopic = Stream['source'];
export type AcceptedTopic = Stream['accepted'];
export type PayloadKind = Stream['payload'];

/** The stream of a machine topic; undefined for any other topic. */
export const streamOf = (topic: string): Stream | undefined => STREAMS.find(({ source }) => source === topic);

/** The stream of an accepted topic; undefined for any other topic. */
export const streamOfAccepted = (topic: string): Stream | undefined =>
  STREAMS.find(({ accepted }) => accepted === topic);
