import { isUtf8 } from 'node:buffer';
import { DEAD_LETTER_HEADERS, eventSchema, streamOf } from '@chip/contracts';
import { KafkaRefusedError, KafkaUnavailableError, TopicMissingError, type TopicReader } from '@chip/kafka';
import { laidOut, type Letter, lettersAt, refusedPlace } from '@chip/letters';
import { replayMarks } from '@chip/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '../http/problem.error.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { letterAt } from './dead-letters.sql.ts';
import { LETTER_READER } from './letter-indexer.ts';
import { type LetterPath, type OneLetter } from './one-letter-answer.ts';

/** Most characters of an event in an answer. */
const MAX_CHARACTERS = 64 * 1024;
const MAX_HEX_BYTES = 4 * 1024;
const MAX_HEADERS = 50;
const MAX_HEADER_CHARACTERS = 1_000;

export const withoutBrokers = (): Problem =>
  new Problem(503, 'kafka_unavailable', 'this instance has no KAFKA_BROKERS, so it cannot read letters');

/** The problem that an error of the brokers is for a caller; undefined for other errors. */
export function brokersAway(error: unknown): Problem | undefined {
  if (error instanceof TopicMissingError) {
    return new Problem(404, 'not_found', 'there is no dead-letter topic of this topic', [], error);
  }
  return error instanceof KafkaUnavailableError || error instanceof KafkaRefusedError
    ? new Problem(503, 'kafka_unavailable', `the brokers do not give the letters: ${error.message}`, [], error)
    : undefined;
}

/** Reads one letter from its topic, beside the schema that its event was judged by. */
@Injectable()
export class OneLetterQuery {
  constructor(
    private readonly snapshots: Snapshots,
    @Inject(LETTER_READER) private readonly reader: TopicReader | null,
  ) {}

  async answer({ topic, partition, offset }: LetterPath): Promise<OneLetter> {
    const stream = streamOf(topic);
    const indexed = await this.snapshots.read(async (snapshot) => {
      const item = await letterAt(snapshot, { topic, partition, offset });
      return item && { item, mark: (await replayMarks(snapshot, [item.key])).get(item.key) };
    });
    if (!indexed || !stream) {
      throw new Problem(404, 'not_found', 'there is no dead letter at this place');
    }
    const letter = await this.#read(topic, { partition, offset });
    const { item, mark } = indexed;
    const schema = eventSchema(stream);
    const { text, place, ...event } = eventOf(letter);
    return {
      letter: { ...item, replayed: mark ? { state: mark.state, at: mark.at, times: mark.times } : null },
      headers: headersOf(letter),
      event: { text, ...event },
      place: place && {
        ...place,
        schema_pointer: place.pointer === null ? null : schemaPointer(schema, place.pointer),
      },
      schema,
    };
  }

  async #read(topic: string, place: { readonly partition: number; readonly offset: number }): Promise<Letter> {
    if (this.reader === null) {
      throw withoutBrokers();
    }
    try {
      for await (const letter of lettersAt(this.reader, topic, [place])) {
        return letter;
      }
    } catch (error) {
      throw brokersAway(error) ?? error;
    }
    throw new Problem(404, 'not_found', 'the dead-letter topic no longer has this letter');
  }
}

type Event = OneLetter['event'] & { readonly place: Omit<NonNullable<OneLetter['place']>, 'schema_pointer'> | null };

function eventOf(letter: Letter): Event {
  const { value } = letter;
  if (value === null) {
    return { text: null, encoding: 'text', from: 0, characters: 0, place: null };
  }
  if (!isUtf8(value)) {
    const text = value
      .subarray(0, MAX_HEX_BYTES)
      .toString('hex')
      .replaceAll(/..(?!$)/g, '$& ');
    return { text, encoding: 'hex', from: 0, characters: 3 * value.length - 1, place: null };
  }
  const sent = value.toString();
  const whole = (sent.length <= MAX_CHARACTERS ? laidOut(sent) : undefined) ?? sent;
  const found = refusedPlace({ ...letter, value: Buffer.from(whole) });
  // The part around the place, if the beginning does not reach that far.
  const from = found && found.start > MAX_CHARACTERS / 2 ? found.start - MAX_CHARACTERS / 2 : 0;
  const text = whole.slice(from, from + MAX_CHARACTERS);
  const place = found && {
    pointer: found.pointer,
    start: found.start - from,
    end: Math.min(found.end - from, text.length),
    is_missing: found.isMissing,
  };
  return { text, encoding: 'text', from, characters: whole.length, place };
}

function headersOf({ headers, sourceKey }: Letter): OneLetter['headers'] {
  const text = (bytes: Buffer): string =>
    (isUtf8(bytes) ? bytes.toString() : bytes.toString('hex')).slice(0, MAX_HEADER_CHARACTERS);
  return [
    ...(sourceKey === undefined ? [] : [{ name: DEAD_LETTER_HEADERS.key, value: text(sourceKey) }]),
    ...Object.entries(headers).flatMap(([name, given]) =>
      (Buffer.isBuffer(given) ? [given] : (given as readonly Buffer[])).map((value) => ({ name, value: text(value) })),
    ),
  ].slice(0, MAX_HEADERS);
}

type Schema = Record<string, unknown>;
const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where a JSON schema speaks of a place in an event: the nearest part that it describes. */
function schemaPointer(schema: Schema, pointer: string): string {
  let at: Schema = schema;
  let path = '';
  const enter = (...names: string[]): boolean => {
    let next: unknown = at;
    for (const name of names) {
      next = isSchema(next) && Object.hasOwn(next, name) ? next[name] : undefined;
    }
    if (!isSchema(next)) {
      return false;
    }
    at = next;
    path += names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return true;
  };
  /** A choice between null and the rest is about the rest. */
  const enterChoice = (): void => {
    const choices = at['anyOf'];
    const index = Array.isArray(choices)
      ? choices.findIndex((one) => isSchema(one) && ('properties' in one || 'items' in one))
      : -1;
    if (index >= 0) {
      at = (choices as Schema[])[index]!;
      path += `/anyOf/${index}`;
    }
  };
  for (const part of pointer.split('/').slice(1)) {
    enterChoice();
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!enter('properties', name) && !(/^\d+$/.test(name) && enter('items')) && !enter('additionalProperties')) {
      break;
    }
  }
  return path;
}
