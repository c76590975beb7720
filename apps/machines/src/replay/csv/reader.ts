/** One record of a CSV file: its cells, or why it cannot be read. `line` is its first line, counted from 1. */
export type CsvRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly problem: string };

/** A quoted cell may span this many lines; a quote still open then is an error of its first line only. */
const MAX_LINES_PER_RECORD = 50;
const MAX_CHARACTERS_PER_LINE = 4 * 1024 * 1024;

/** Decoders put it in place of bytes that are not UTF-8, so a name would be stored as a different one. */
const REPLACEMENT = '\uFFFD';

/**
 * Reads CSV (RFC 4180; LF or CRLF) from chunks of text. One bad line costs one record: an unclosed quote does not
 * swallow the rest of the file. (Parsers that skip bad records lose those rows silently.) A quote inside a cell that
 * does not begin with one is an ordinary character.
 */
export class CsvReader {
  readonly #delimiter: string;
  #lines: string[] = [];
  #at = 0;
  #lineNumber = 1;
  #rest = '';

  /** @param delimiter one character. */
  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Returns the records that this text completes; keeps at most a few lines for later. */
  push(text: string): CsvRecord[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#lines = [...this.#lines.slice(this.#at), ...lines];
    this.#at = 0;
    const records = this.#records(false);
    if (this.#rest.length > MAX_CHARACTERS_PER_LINE) {
      throw new RangeError(`line ${this.#lineNumber} has more than ${MAX_CHARACTERS_PER_LINE} characters`);
    }
    return records;
  }

  /** Returns the remaining records once there is no more text. */
  end(): CsvRecord[] {
    this.#lines = [...this.#lines.slice(this.#at), this.#rest];
    this.#at = 0;
    this.#rest = '';
    return this.#records(true);
  }

  #records(isEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.#at < this.#lines.length) {
      let text = '';
      let cells: string[] | string | undefined;
      let count = 0;
      do {
        const line = this.#lines[this.#at + count] ?? '';
        text += (count === 0 ? '' : '\n') + (line.endsWith('\r') ? line.slice(0, -1) : line);
        count++;
        cells = splitCells(text, this.#delimiter);
      } while (cells === undefined && mayGoOn(count, text) && this.#at + count < this.#lines.length);

      if (cells === undefined && mayGoOn(count, text) && !isEnd) {
        break;
      }
      const line = this.#lineNumber;
      // What fails only together with later lines was not meant to be one record with them.
      if (cells === undefined || (typeof cells === 'string' && count > 1)) {
        records.push({ line, problem: 'a quote is opened and never closed' });
        count = 1;
      } else if (typeof cells === 'string') {
        records.push({ line, problem: cells });
      } else if (text.includes(REPLACEMENT)) {
        records.push({
          line,
          problem: 'contains bytes that are not UTF-8; convert the file first, for example with iconv',
        });
      } else if (text !== '') {
        records.push({ line, cells });
      }
      this.#at += count;
      this.#lineNumber += count;
    }
    return records;
  }
}

const mayGoOn = (lines: number, text: string): boolean =>
  lines < MAX_LINES_PER_RECORD && text.length < MAX_CHARACTERS_PER_LINE;

/** The cells of a record, a sentence if it is malformed, or undefined if a quoted cell is still open at its end. */
function splitCells(text: string, delimiter: string): string[] | string | undefined {
  if (!text.includes('"')) {
    return text.split(delimiter);
  }
  const cells: string[] = [];
  for (let at = 0; ;) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at);
      if (end === -1) {
        return [...cells, text.slice(at)];
      }
      cells.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    let cell = '';
    for (at++; ;) {
      const quote = text.indexOf('"', at);
      if (quote === -1) {
        return undefined;
      }
      cell += text.slice(at, quote);
      at = quote + 1;
      if (text[at] !== '"') {
        break;
      }
      cell += '"';
      at++;
    }
    cells.push(cell);
    if (at === text.length) {
      return cells;
    }
    if (text[at] !== delimiter) {
      return `text follows the closing quote of cell ${cells.length}`;
    }
    at++;
  }
}
