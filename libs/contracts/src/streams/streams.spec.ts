import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { MAX_BLOCK_BYTES, TOPICS } from '../topics.ts';
import { type StreamDescriptor } from './stream.ts';
import { streamOf, streamOfAccepted, STREAMS, streamsSchema } from './streams.ts';

const all: readonly StreamDescriptor[] = STREAMS;

describe('streams', () => {
  it('share no name: a topic or group leads to one stream only', () => {
    const names = all.flatMap(({ name, source, accepted, deadLetters, ingestGroup, writerGroup, payload }) => [
      name,
      source,
      accepted,
      deadLetters,
      ingestGroup,
      writerGroup,
      payload,
    ]);
    expect(new Set(names).size).toBe(names.length);
    for (const { source, accepted, name } of STREAMS) {
      expect([streamOf(source)?.name, streamOfAccepted(accepted)?.name]).toEqual([name, name]);
    }
    expect([streamOf('telemetry.accepted.v1'), streamOfAccepted('telemetry.samples.v1')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('have three topics each, which can hold their largest event', () => {
    const limitOf = (topic: string): number =>
      Number(TOPICS.find(({ name }) => name === topic)?.settings['max.message.bytes']);
    expect(TOPICS).toHaveLength(3 * STREAMS.length);
    for (const { source, accepted, deadLetters, limits } of STREAMS) {
      expect(limitOf(source)).toBe(limits.eventBytes);
      expect(limitOf(accepted)).toBe(MAX_BLOCK_BYTES);
      expect(limits.eventBytes).toBeLessThan(MAX_BLOCK_BYTES);
      expect(limitOf(deadLetters)).toBeGreaterThan(limits.eventBytes);
    }
  });

  it('name their schemas, as the published document does', () => {
    const ids = all.map(({ schema }) => z.globalRegistry.get(schema)?.id);
    expect(ids).toEqual(ids.map(() => expect.stringMatching(/^[A-Z]\w+$/)));
  });
});

describe('streams of a process', () => {
  const named = (text: string | undefined) => streamsSchema.parse(text).map(({ name }) => name);

  it('are all of them, or those that it names', () => {
    expect(named(undefined)).toEqual(STREAMS.map(({ name }) => name));
    expect(named('telemetry')).toEqual(['telemetry']);
    expect(named('inspection, telemetry')).toEqual(['telemetry', 'inspection']);
  });

  it.each(['', 'telemetries', 'telemetry,', 'telemetry,telemetry'])('refuses "%s"', (text) => {
    expect(() => streamsSchema.parse(text)).toThrow('must be telemetry or inspection, each once');
  });
});
