/** Learns the form in which a machine writes its samples: the fixed text, and the slots for values. */
import { MAX_TAGS, viewOf } from '@chip/contracts';

/** Roles of slots: what a slot of a template holds. */
export const TIME = 0;
const SERVICE = 1;
const METRIC = 2;
export const VALUE = 3;
export const HOST = 4;
export const TAG_TEXT = 5;
export const TAG_NUMBER = 6;
type Role = number;

/** The form of a sample's JSON text. Slots hold what varies, without the quotes of strings. */
export interface SampleTemplate {
  readonly roles: Uint8Array;
  /** The fixed text before each slot and after the last one, joined; piece n begins at `fixedFrom[n]`. */
  readonly fixed: DataView;
  readonly fixedFrom: Int32Array;
  /**
   * The text of the tags around their slots, as `JSON.stringify` writes it, joined; piece n begins at `piecesFrom[n]`. Null
   * when a sample has no tags.
   */
  readonly tags: {
    readonly pieces: DataView;
    readonly piecesFrom: Int32Array;
    readonly slots: readonly number[];
  } | null;
  /** Slot of the host; -1 when a sample has no host. */
  readonly host: number;
  readonly time: number;
  readonly service: number;
  readonly metric: number;
  readonly value: number;
}

const TEXT_ROLES: ReadonlyMap<string, Role> = new Map([
  ['time', TIME],
  ['service_name', SERVICE],
  ['metric_name', METRIC],
  ['host', HOST],
]);
/** Keys that JSON.parse moves to the front of an object. */
const INTEGER_KEY = /^(0|[1-9]\d*)$/;
const NUMBER = /-?\d+(?:\.\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const TEXT = /"([ !#-[\]-~]*)"/y;
const LITERAL = /true|false|null/y;

/** The text has no form that a template can describe. */
class NotOrdinary extends Error {}

/**
 * @param record a record whose samples the schema accepts; of an array, only the first sample is used
 * @returns undefined for an unusual form: an escape, a byte beyond ASCII, an unknown or repeated field, a nested tag. Such
 * records always go through JSON.parse.
 */
export function learnTemplate(record: Buffer): SampleTemplate | undefined {
  try {
    return new Learner(record.toString('latin1')).learn();
  } catch (error) {
    if (error instanceof NotOrdinary) {
      return undefined;
    }
    throw error;
  }
}

class Learner {
  readonly #text: string;
  #at = 0;
  #fixedFrom = 0;
  readonly #fixed: string[] = [];
  readonly #roles: Role[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  learn(): SampleTemplate {
    this.#take(SPACE);
    if (this.#text[this.#at] === '[') {
      this.#at++;
      this.#take(SPACE);
    }
    this.#fixedFrom = this.#at;
    let tags: { pieces: string[]; slots: number[] } | null = null;
    this.#object((key) => {
      const role = TEXT_ROLES.get(key);
      if (role !== undefined) {
        if (!(role === HOST && this.#isLiteral('null'))) {
          this.#textSlot(role);
        }
      } else if (key === 'metric_value') {
        this.#numberSlot(VALUE);
      } else if (key !== 'tags') {
        throw new NotOrdinary();
      } else if (!this.#isLiteral('null')) {
        tags = this.#tags();
      }
    });
    this.#fixed.push(this.#text.slice(this.#fixedFrom, this.#at));
    const slotOf = (role: Role): number => this.#roles.indexOf(role);
    const [time, service, metric, value] = [TIME, SERVICE, METRIC, VALUE].map(slotOf) as [
      number,
      number,
      number,
      number,
    ];
    if (Math.min(time, service, metric, value) < 0) {
      throw new NotOrdinary();
    }
    return {
      roles: Uint8Array.from(this.#roles),
      fixed: latin1(this.#fixed),
      fixedFrom: startsOf(this.#fixed),
      tags: tags === null ? null : withBytes(tags),
      host: slotOf(HOST),
      time,
      service,
      metric,
      value,
    };
  }

  #tags(): { pieces: string[]; slots: number[] } {
    const pieces: string[] = [];
    const slots: number[] = [];
    let piece = '{';
    let count = 0;
    this.#object((key) => {
      if (key === '__proto__' || INTEGER_KEY.test(key) || ++count > MAX_TAGS) {
        throw new NotOrdinary();
      }
      piece += `${count > 1 ? ',' : ''}"${key}":`;
      const literal = this.#peek(LITERAL);
      if (literal === 'true' || literal === 'false') {
        this.#at += literal.length;
        piece += literal;
        return;
      }
      const isText = this.#text[this.#at] === '"';
      pieces.push(isText ? `${piece}"` : piece);
      slots.push(this.#roles.length);
      piece = isText ? '"' : '';
      if (isText) {
        this.#textSlot(TAG_TEXT);
      } else {
        this.#numberSlot(TAG_NUMBER);
      }
    });
    pieces.push(`${piece}}`);
    return { pieces, slots };
  }

  /** Walks over an object; `member` consumes the value of its key. */
  #object(member: (key: string) => void): void {
    const seen = new Set<string>();
    this.#expect('{');
    this.#take(SPACE);
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      const key = this.#take(TEXT).slice(1, -1);
      if (seen.has(key)) {
        throw new NotOrdinary();
      }
      seen.add(key);
      this.#take(SPACE);
      this.#expect(':');
      this.#take(SPACE);
      member(key);
      this.#take(SPACE);
      if (this.#text[this.#at] === '}') {
        this.#at++;
        return;
      }
      this.#expect(',');
      this.#take(SPACE);
    }
  }

  #textSlot(role: Role): void {
    const text = this.#peek(TEXT);
    if (text === undefined) {
      throw new NotOrdinary();
    }
    this.#slot(role, this.#at + 1, this.#at + text.length - 1);
    this.#at += text.length;
  }

  #numberSlot(role: Role): void {
    const number = this.#take(NUMBER);
    this.#slot(role, this.#at - number.length, this.#at);
  }

  #slot(role: Role, from: number, to: number): void {
    this.#fixed.push(this.#text.slice(this.#fixedFrom, from));
    this.#roles.push(role);
    this.#fixedFrom = to;
  }

  #isLiteral(literal: string): boolean {
    if (this.#peek(LITERAL) !== literal) {
      return false;
    }
    this.#at += literal.length;
    return true;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) {
      throw new NotOrdinary();
    }
    this.#at++;
  }

  #peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #take(pattern: RegExp): string {
    const found = this.#peek(pattern);
    if (found === undefined) {
      throw new NotOrdinary();
    }
    this.#at += found.length;
    return found;
  }
}

const latin1 = (pieces: readonly string[]): DataView => viewOf(Buffer.from(pieces.join(''), 'latin1'));

/** Where each piece begins once they are joined, and where the last one ends. */
function startsOf(pieces: readonly string[]): Int32Array {
  const starts = new Int32Array(pieces.length + 1);
  pieces.forEach((piece, i) => (starts[i + 1] = starts[i]! + piece.length));
  return starts;
}

const withBytes = ({ pieces, slots }: { pieces: string[]; slots: number[] }): NonNullable<SampleTemplate['tags']> => ({
  pieces: latin1(pieces),
  piecesFrom: startsOf(pieces),
  slots,
});
