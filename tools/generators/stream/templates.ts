/** The new files of a stream. */
export interface Names {
  /** As given: `wafer-move`. */
  readonly name: string;
  readonly camel: string;
  readonly pascal: string;
  readonly constant: string;
  readonly table: string;
  /** Number of the migration. */
  readonly number: string;
}

export function namesOf(name: string, number: string): Names {
  const pascal = name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const snake = name.replaceAll('-', '_');
  return {
    name,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    constant: snake.toUpperCase(),
    table: `${snake}_events`,
    number,
  };
}

export const event = ({ name, camel, pascal, constant }: Names): string => `
import { z } from 'zod';
import { machineText, timeText } from '../../text.ts';

/** One event as a machine publishes it (topic \`${name}.events.v1\`). */
export const ${camel}EventSchema = z
  .object({
    event_id: z.guid().meta({ description: 'UUID of this event; the header ce_id may carry it instead.' }),
    occurred_at: timeText,
    equipment_id: machineText(1, 100),
    lot_id: machineText(1, 100).nullish(),
  })
  .meta({ id: '${pascal}Event', description: 'Unknown fields are kept in column extra.' });

export const ${constant}_FIELDS: ReadonlySet<string> = new Set(Object.keys(${camel}EventSchema.shape));
`;

export const descriptor = ({ name, camel, constant, table }: Names): string => `
import { deadLetterTopic, type StreamDescriptor } from '../stream.ts';
import { ${camel}EventSchema } from './${name}-event.ts';

const SOURCE = '${name}.events.v1';

/** Events of kind ${name}: rows of \`${table}\`. */
export const ${constant} = {
  name: '${name}',
  source: SOURCE,
  accepted: '${name}.accepted.v1',
  deadLetters: deadLetterTopic(SOURCE),
  ingestGroup: 'chip-ingest-${name}',
  writerGroup: 'chip-writer-${name}',
  limits: { eventBytes: 1024 * 1024, eventsPerRecord: null },
  isAgeLimited: false,
  payload: 'copy-text/${table}/1',
  schema: ${camel}EventSchema,
  message: { name: '${camel}Events', key: 'equipment_id' },
  machineFields: ['equipment_id'],
} as const satisfies StreamDescriptor;
`;

export const classifier = ({ name, pascal, constant, table }: Names): string => `
import { encodeCopyRow, ExtraFields, formatTime, isTimePlausible, parseTime, replayOf, ${constant}, ${constant}_FIELDS } from '@chip/contracts';
import type { EventOutcome } from './event-outcome.ts';
import { clockRefusal, readEvent } from './read-event.ts';
import type { SourceRecord } from './telemetry.ts';

/**
 * Classifies one record of \`${name}.events.v1\`: a line of COPY text for \`${table}\`, or the reason why not. A pure
 * function of the record, its timestamp and the contract.
 */
export function classify${pascal}(record: SourceRecord): EventOutcome {
  const read = readEvent(record, ${constant}, ${constant}_FIELDS, 'a ${name} event object');
  if (!read.ok) {
    return { accepted: false, refusal: read.refusal };
  }
  const { given, event } = read;
  const timeUs = parseTime(event.occurred_at);
  if (!isTimePlausible(timeUs, record.timestamp)) {
    return { accepted: false, refusal: clockRefusal('occurred_at', timeUs, record.timestamp, event.equipment_id) };
  }
  const extra = new ExtraFields(replayOf(record.headers) !== undefined);
  for (const key of Object.keys(given)) {
    if (!${constant}_FIELDS.has(key)) {
      extra.add(key, given[key]);
    }
  }
  const kept = extra.value();
  const row = encodeCopyRow([
    event.event_id.toLowerCase(),
    formatTime(timeUs),
    event.equipment_id,
    event.lot_id,
    kept === undefined ? null : JSON.stringify(kept),
  ]);
  return { accepted: true, line: row.slice(0, -1), timeUs, unknownFields: extra.count };
}
`;

export const classifierSpec = ({ name, pascal }: Names): string => `
import { describe, expect, it } from '@jest/globals';
import { decodeCopyRow } from '@chip/contracts';
import { classify${pascal} } from './${name}.ts';

const NOW = Date.UTC(2026, 5, 1);
const good = {
  event_id: '0B0E7A35-6d06-4b6c-8d0e-7d4a4c8f7a10',
  occurred_at: '2026-05-31T12:00:00+02:00',
  equipment_id: 'etch\\t7',
};
const classify = (value: object) =>
  classify${pascal}({ timestamp: NOW, headers: {}, value: Buffer.from(JSON.stringify(value)) });

describe('classification of ${name} events', () => {
  it('makes a row of an event, and keeps what the contract does not know', () => {
    const outcome = classify({ ...good, operator: 'night shift' });
    expect(outcome).toMatchObject({ accepted: true, unknownFields: 1, timeUs: Date.UTC(2026, 4, 31, 10) * 1000 });
    expect(decodeCopyRow((outcome as { line: string }).line)).toEqual([
      '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a10',
      '2026-05-31T10:00:00.000000Z',
      'etch\\t7',
      null,
      '{"operator":"night shift"}',
    ]);
  });

  it.each([
    ['a missing field', { equipment_id: undefined }, 'schema_violation', '/equipment_id'],
    ['a time in the future', { occurred_at: '2026-06-02T00:00:00Z' }, 'time_out_of_range', '/occurred_at'],
  ])('refuses %s, and names it', (_, change, code, detail) => {
    expect(classify({ ...good, ...change })).toMatchObject({
      accepted: false,
      refusal: { code, detail: expect.stringContaining(detail) },
    });
  });
});
`;

export const loader = ({ camel, table }: Names): string => `
import type { Block } from '@chip/contracts';
import { CopyLoader, type CopyTarget } from './copy-loader.ts';

const TARGET: CopyTarget = {
  table: '${table}',
  columns: ['event_id', 'occurred_at', 'equipment_id', 'lot_id', 'extra'],
  normalised: ([event_id, occurred_at, equipment_id, lot_id, extra]) => ({
    ...(extra == null ? {} : (JSON.parse(extra) as object)),
    event_id,
    occurred_at,
    equipment_id,
    ...(lot_id == null ? {} : { lot_id }),
  }),
};

export const ${camel}Loader = (blocks: readonly Block[]): CopyLoader => new CopyLoader(blocks, TARGET);
`;

export const migration = ({ name, pascal, table, number }: Names): string => `
import { READERS, type Tables } from '../declarations.ts';
import { SchemaMigration } from './schema-migration.ts';

/** Events of stream ${name}. */
export class ${pascal}Events extends SchemaMigration {
  static override readonly tables: Tables = {
    ${table}: {
      select: READERS,
      insert: ['chip_writer'],
      retention: { everyMs: 600_000, rows: { keep: null, column: 'occurred_at' } },
    },
  };
  override name = '${number}-${name}-events';

  override up(): void {
    this.addSql(\`
CREATE TABLE ${table} (
  event_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  equipment_id varchar(100) NOT NULL,
  lot_id varchar(100),
  extra jsonb
);
CREATE INDEX ${table}_occurred_at ON ${table} USING brin (occurred_at);
COMMENT ON TABLE ${table} IS 'An event that a machine published twice is two rows: count distinct event_id.';
COMMENT ON COLUMN ${table}.extra IS 'Fields that the contract does not know.';
\`);
    this.retain('${table}');
  }
}
`;
