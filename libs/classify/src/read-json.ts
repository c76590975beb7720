import { isUtf8 } from 'node:buffer';
import type { Refusal } from '@chip/contracts';
import jsonc from 'jsonc-parser';
import type { z } from 'zod';

/** Objects and arrays may nest this deep; the event itself is level 1. */
const MAX_DEPTH = 32;

export type JsonRead =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly text: string;
      /** Only an escape can hold a NUL or a lone surrogate; raw UTF-8 cannot. */
      readonly hasEscapes: boolean;
    }
  | { readonly ok: false; readonly refusal: Refusal };

const refused = (code: Refusal['code'], detail: string): JsonRead => ({ ok: false, refusal: { code, detail } });

/** Parses the bytes of a record as JSON; never throws, whatever a machine sent. */
export function readJson(value: Buffer | null, maxBytes: number): JsonRead {
  if (value === null) {
    return refused('malformed_json', 'got a null value (tombstone), expected a JSON object');
  }
  if (value.length > maxBytes) {
    return refused('too_large', `got ${value.length} bytes, expected at most ${maxBytes} uncompressed`);
  }
  if (!isUtf8(value)) {
    return refused('invalid_text', 'got bytes that are not UTF-8, expected UTF-8');
  }
  const text = value.toString('utf8');
  try {
    return { ok: true, value: JSON.parse(text) as unknown, text, hasEscapes: text.includes('\\u') };
  } catch {
    // V8's own message quotes the payload, which must not reach headers and logs.
    return refused('malformed_json', whyNotJson(text));
  }
}

function whyNotJson(text: string): string {
  if (text === '') {
    return 'got an empty value, expected JSON';
  }
  if (text.startsWith('\ufeff')) {
    return 'got a byte order mark, expected JSON';
  }
  const end = endOfJson(text);
  if (end === text.length) {
    return 'got JSON that ends too early, expected the whole text';
  }
  return `got text that is not JSON${end === undefined ? '' : ` from character ${end + 1} on`}, expected JSON`;
}

/** @returns how many characters are the valid beginning of JSON; undefined if they nest too deep to tell */
function endOfJson(text: string): number | undefined {
  let end: number | undefined;
  try {
    jsonc.visit(
      text,
      {
        onError: (_, offset, length) => {
          // The parser reports an unterminated string from its beginning, and missing text with length 0.
          end = length === 0 || (text[offset] === '"' && offset + length === text.length) ? offset + length : offset;
          throw new JsonEnds();
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    if (!(error instanceof JsonEnds) && !(error instanceof RangeError)) {
      throw error;
    }
  }
  return end;
}

/** Ends the search at the first error. */
class JsonEnds extends Error {}

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
const pointer = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? '(event)' : path.map((key) => `/${escapePointer(String(key))}`).join('');

/** Finds what JSON allows but our tables cannot hold. Runs before any schema, so that the code names the real reason. */
export function inspectJson(value: unknown): Refusal | null {
  const path: (string | number)[] = [];
  const fail = (code: Refusal['code'], text: string): Refusal => ({
    code,
    detail: `${pointer(path).slice(0, 500).replaceAll('\0', '\\u0000').toWellFormed()}: ${text}`,
  });
  const textRefusal = (text: string): Refusal | null => {
    if (text.includes('\0')) {
      return fail('invalid_text', 'got a NUL character, expected text without NUL');
    }
    if (!text.isWellFormed()) {
      return fail('invalid_text', 'got a lone surrogate, expected well-formed Unicode');
    }
    return null;
  };
  const visit = (node: unknown, depth: number): Refusal | null => {
    if (typeof node === 'string') {
      return textRefusal(node);
    }
    if (typeof node === 'number') {
      return Number.isFinite(node) ? null : fail('value_out_of_range', 'got a number beyond 1.8e308, expected less');
    }
    if (typeof node !== 'object' || node === null) {
      return null;
    }
    if (depth > MAX_DEPTH) {
      return fail('too_deep', `got more than ${MAX_DEPTH} levels, expected at most ${MAX_DEPTH}`);
    }
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i++) {
        path.push(i);
        const found = visit(node[i], depth + 1);
        if (found) {
          return found;
        }
        path.pop();
      }
      return null;
    }
    for (const key of Object.keys(node)) {
      path.push(key);
      const found = textRefusal(key) ?? visit((node as Record<string, unknown>)[key], depth + 1);
      if (found) {
        return found;
      }
      path.pop();
    }
    return null;
  };
  return visit(value, 1);
}

/** States a value's kind and size, never its text: details reach headers and logs, where payloads must not appear. */
const describe = (value: unknown): string => {
  if (value === undefined) {
    return 'nothing';
  }
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return `an array of ${value.length}`;
  }
  if (typeof value === 'string') {
    return `a string of ${value.length} characters`;
  }
  if (typeof value === 'number') {
    return `the number ${value}`;
  }
  if (typeof value === 'boolean') {
    return `the boolean ${value}`;
  }
  return 'an object';
};

const at = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((node, key) => (node == null ? undefined : (node as Record<PropertyKey, unknown>)[key]), root);

const alternatives = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const expectation = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'an integer' : `a value of type ${issue.expected}`;
    case 'too_big':
      return issue.origin === 'array' ? `at most ${issue.maximum} elements` : `at most ${issue.maximum}`;
    case 'too_small':
      return issue.inclusive === false ? `more than ${issue.minimum}` : `at least ${issue.minimum}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return `a ${alternatives(issue.errors.flat().map((error) => ('expected' in error ? error.expected : error.code)))}`;
    case 'invalid_format':
      return `a ${issue.format === 'guid' ? 'UUID' : issue.format}`;
    default:
      return issue.message.replace(/^expected /, '');
  }
};

/** What is wrong with a value, in the words of the contract. @param place its JSON pointer */
const mismatch = (place: string, value: unknown, expected: string): string =>
  `${place}: got ${describe(value)}, expected ${expected}`;

/** Refuses a value that no schema has judged. @param place its JSON pointer */
export const violation = (place: string, value: unknown, expected: string): Refusal => ({
  code: 'schema_violation',
  detail: mismatch(place, value, expected),
});

/** States the first problem that a schema found, in the words of the contract: JSON pointer, got, expected. */
export function schemaRefusal(error: z.core.$ZodError, root: unknown): Refusal {
  // Zod also holds an integer against 2^53, before the bound of the contract, if the field has one.
  const bounded = error.issues.filter((found) => !('origin' in found && found.origin === 'int'));
  const issues = bounded.length > 0 ? bounded : error.issues;
  const issue = issues[0]!;
  const value = at(root, issue.path);
  const outOfRange = ['too_big', 'too_small', 'custom'].includes(issue.code) && typeof value === 'number';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return {
    code: outOfRange ? 'value_out_of_range' : 'schema_violation',
    detail: mismatch(pointer(issue.path).slice(0, 500), value, expectation(issue)) + more,
  };
}

/** Whether a value is an object, as an event must be. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Picks the fields that a schema knows, own properties only: a machine's `__proto__` must not supply their values.
 */
export const knownFields = (given: Record<string, unknown>, known: ReadonlySet<string>): Record<string, unknown> => {
  const picked: Record<string, unknown> = {};
  for (const key of known) {
    if (Object.hasOwn(given, key)) {
      picked[key] = given[key];
    }
  }
  return picked;
};

export const notAnObject = (value: unknown, expected: string): Refusal => ({
  code: 'schema_violation',
  detail: `(event): got ${describe(value)}, expected ${expected}`,
});

/** Returns the text of each element of a JSON array, exactly as sent. `text` must be a valid JSON array. */
export function arrayElements(text: string): string[] {
  const elements: string[] = [];
  let from = text.indexOf('[') + 1;
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      for (i++; text[i] !== '"'; i++) {
        if (text[i] === '\\') {
          i++;
        }
      }
    } else if (char === '{' || char === '[') {
      depth++;
    } else if (char === '}' || (char === ']' && depth > 0)) {
      depth--;
    } else if (depth === 0 && (char === ',' || char === ']')) {
      const element = text.slice(from, i).trim();
      if (element !== '') {
        elements.push(element);
      }
      if (char === ']') {
        break;
      }
      from = i + 1;
    }
  }
  return elements;
}
