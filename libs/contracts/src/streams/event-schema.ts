import { z } from 'zod';
import type { StreamDescriptor } from './stream.ts';

/** The JSON Schema that events of a stream are judged by, as the AsyncAPI document publishes it. */
export function eventSchema({ schema }: Pick<StreamDescriptor, 'schema'>): Record<string, unknown> {
  const { $schema: _, id: _id, $ref: ref, $defs = {}, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  // Zod gives a schema with an id as a reference to its only definition.
  const { id: _own, ...own } = (ref === undefined ? {} : $defs[ref.replace('#/$defs/', '')]) as Record<string, unknown>;
  // Additional fields of a machine are kept, never refused.
  return { ...own, ...rest, additionalProperties: true };
}
