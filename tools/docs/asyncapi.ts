/** docs/asyncapi.yaml, generated from the schemas that ingest validates with. */
import {
  DEAD_LETTER_HEADERS,
  eventSchema,
  REFUSAL_CODES,
  STREAMS,
  type StreamDescriptor,
  TOPICS,
} from '@chip/contracts';
import { stringify } from 'yaml';
import { z } from 'zod';

const ceHeaders = {
  type: 'object',
  properties: Object.fromEntries(
    ['ce_id', 'ce_source', 'ce_type', 'ce_time'].map((name) => [name, { type: 'string' }]),
  ),
};

const schemaName = ({ schema }: StreamDescriptor): string => z.globalRegistry.get(schema)!.id!;

/** A record: one event, or an array of events if the stream takes arrays. */
function payloadOf(stream: StreamDescriptor): object {
  const event = { $ref: `#/components/schemas/${schemaName(stream)}` };
  const { eventsPerRecord } = stream.limits;
  return eventsPerRecord === null
    ? event
    : { oneOf: [event, { type: 'array', minItems: 1, maxItems: eventsPerRecord, items: event }] };
}

/** The document as YAML text. */
export function asyncapi(): string {
  const channels: Record<string, object> = {};
  const operations: Record<string, object> = {};
  const components: Record<string, object> = {};
  for (const stream of STREAMS) {
    const { source: topic, deadLetters, limits, message } = stream;
    const { name, key } = message;
    const { partitions } = TOPICS.find((spec) => spec.name === topic)!;
    channels[name] = {
      address: topic,
      description: `At most ${limits.eventBytes} bytes uncompressed per record.`,
      messages: { event: { $ref: `#/components/messages/${name}` } },
      bindings: { kafka: { topic, partitions, bindingVersion: '0.5.0' } },
    };
    channels[`${name}Refused`] = {
      address: deadLetters,
      description: 'Events that were refused: the original bytes, or the normalised event where the writer refused it.',
      messages: { letter: { $ref: '#/components/messages/deadLetter' } },
    };
    operations[`publish${name[0]!.toUpperCase()}${name.slice(1)}`] = {
      action: 'receive',
      channel: { $ref: `#/channels/${name}` },
      summary: `A machine publishes to ${topic}.`,
    };
    components[name] = {
      contentType: 'application/json',
      headers: ceHeaders,
      payload: payloadOf(stream),
      bindings: { kafka: { key: { type: 'string', description: key }, bindingVersion: '0.5.0' } },
    };
  }
  return stringify(
    {
      asyncapi: '3.0.0',
      info: {
        title: 'chip-quality events',
        version: '1.0.0',
        description: 'What inspection machines publish. Generated from the schemas that validate it: npm run docs.',
      },
      defaultContentType: 'application/json',
      channels,
      operations,
      components: {
        messages: {
          ...components,
          deadLetter: {
            contentType: 'application/octet-stream',
            headers: {
              type: 'object',
              properties: {
                ...Object.fromEntries(Object.values(DEAD_LETTER_HEADERS).map((header) => [header, { type: 'string' }])),
                [DEAD_LETTER_HEADERS.code]: { type: 'string', enum: [...REFUSAL_CODES] },
                [DEAD_LETTER_HEADERS.stage]: { type: 'string', enum: ['ingest', 'writer'] },
              },
            },
            payload: {},
          },
        },
        schemas: Object.fromEntries(STREAMS.map((stream) => [schemaName(stream), eventSchema(stream)])),
      },
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  );
}
