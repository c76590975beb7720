import { isUtf8 } from 'node:buffer';
import jsonc, { type Node, type ParseError } from 'jsonc-parser';
import type { Letter } from './letter.ts';

/** Larger texts are not searched: nobody reads them. */
const MAX_SEARCHED_BYTES = 256 * 1024;

/** Where an event was refused. */
export interface RefusedPlace {
  /** JSON pointer into the event; null if the text is not JSON. */
  readonly pointer: string | null;
  /** Characters of the event's text, `[start, end)`: what was refused, or what should have it. */
  readonly start: number;
  readonly end: number;
  /** Whether the event lacks what the pointer names. */
  readonly isMissing: boolean;
}

/** The place in the text of a letter that its detail names; for text that is not JSON, where reading it fails. */
export function refusedPlace({ value, detail, code, key }: Letter): RefusedPlace | null {
  if (value === null || value.length > MAX_SEARCHED_BYTES || !isUtf8(value)) {
    return null;
  }
  const text = value.toString();
  const errors: ParseError[] = [];
  try {
    const root = jsonc.parseTree(text, errors, { disallowComments: true });
    const [first] = errors;
    if (code === 'malformed_json' || root === undefined) {
      return first === undefined ? null : { pointer: null, ...within(text, first), isMissing: false };
    }
    const [stated] = /^(?:\/.*?|\(event\))(?=: )/su.exec(detail) ?? [];
    return stated === undefined ? null : find(root, stated === '(event)' ? [] : partsOf(stated), key);
  } catch (error) {
    // Nested deeper than the stack of the parser.
    if (error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}

/** At least one character, so that there is something to mark. */
function within(text: string, { offset, length }: ParseError): { start: number; end: number } {
  const start = Math.min(offset, Math.max(0, text.length - 1));
  return { start, end: Math.min(text.length, start + Math.max(1, length)) };
}

const partsOf = (pointer: string): string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function find(root: Node, given: readonly string[], key: string): RefusedPlace {
  // The letter of one element has that element as its value, and a detail may count from the array that it was in.
  const index = key.split('/')[3];
  const parts = root.type !== 'array' && index !== undefined && given[0] === index ? given.slice(1) : given;
  const pointer = (path: readonly string[]): string =>
    path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  for (let length = parts.length; ; length--) {
    const path = parts.slice(0, length);
    const node = jsonc.findNodeAtLocation(root, segmentsOf(root, path));
    if (node !== undefined || length === 0) {
      const { offset, length: width } = node ?? root;
      return { pointer: pointer(parts), start: offset, end: offset + width, isMissing: length < parts.length };
    }
  }
}

/** The parser wants indexes of arrays as numbers. */
function segmentsOf(root: Node, path: readonly string[]): (string | number)[] {
  const segments: (string | number)[] = [];
  for (const part of path) {
    const parent = jsonc.findNodeAtLocation(root, segments);
    segments.push(parent?.type === 'array' && /^\d+$/.test(part) ? Number(part) : part);
  }
  return segments;
}
