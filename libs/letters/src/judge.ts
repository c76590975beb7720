import { judgeRecord } from '@chip/classify';
import { type Refusal, streamOf } from '@chip/contracts';
import type { Letter } from './letter.ts';

/** How ingest would judge an event that is published now; null = accepted. Of an array: the first refused element. */
export type Judge = (value: Buffer | null, headers: Letter['headers']) => Refusal | null;

/**
 * @param retentionMs how long samples are kept; older ones are refused
 * @returns undefined for a topic that ingest does not read
 */
export function judgeOf(topic: string, retentionMs: number): Judge | undefined {
  const stream = streamOf(topic);
  if (stream === undefined) {
    return undefined;
  }
  return (value, headers) => {
    const { verdicts } = judgeRecord(stream.source, { timestamp: Date.now(), value, headers }, retentionMs);
    return verdicts.find(({ refusal }) => refusal !== null)?.refusal ?? null;
  };
}
