import { type Block, decodeCopyRow, placeOf, rowsOf, totalsOf } from '@chip/contracts';
import { DatabaseError, type LoadSession } from '@chip/persistence';
import type { Loaded, Loader } from './loader.ts';
import { type RefusedElement, rejectionDetail } from './refused-element.ts';

/** Rows per COPY while searching for refused rows: what a COPY sends after its bad row is wasted. */
const SEARCH_ROWS = 1000;
const NEWLINE = 10;

/** One payload line and its source. */
interface Line {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly place: number | undefined;
}

/** Payload lines of a block, each with its source. */
export function* linesOf(block: Block): Generator<Line> {
  let at = 0;
  for (const event of block.index) {
    for (let nth = 0; nth < rowsOf(event); nth++) {
      const end = block.payload.indexOf(NEWLINE, at) + 1;
      yield { bytes: block.payload.subarray(at, end), offset: event.offset, place: placeOf(event, nth) };
      at = end;
    }
  }
}

/** The table that payload lines go into. */
export interface CopyTarget {
  readonly table: string;
  readonly columns: readonly string[];
  /** The order in which lines are copied, where it matters to the speed of it. */
  arrange?(blocks: readonly Block[], rows: number): Buffer[];
  /** Gets what `arrange` returned, once it is copied. */
  giveBack?(chunks: readonly Buffer[]): void;
  /** The event behind a line, as a machine would publish it. */
  normalised(fields: readonly (string | null)[]): Record<string, unknown>;
}

/** Loads payloads that are already COPY text of one table: ingest's lines go in as they are. */
export class CopyLoader implements Loader {
  readonly #target: CopyTarget;
  readonly #blocks: readonly Block[];
  /** COPY input once an element is excluded. */
  #chunks: Buffer[] | undefined;
  #lines: Line[] | undefined;
  #rows: number;

  constructor(blocks: readonly Block[], target: CopyTarget) {
    this.#target = target;
    this.#blocks = blocks;
    this.#rows = blocks.reduce((sum, block) => sum + totalsOf(block).rows, 0);
  }

  get elements(): number {
    return this.#rows;
  }

  async load(session: LoadSession): Promise<Loaded> {
    if (this.#rows === 0) {
      return { applied: 0, duplicates: 0, rows: 0 };
    }
    const { table, columns } = this.#target;
    const chunks = this.#chunks ?? this.#arranged();
    const rows = await session.copy(table, columns, chunks);
    // Not after a failure: the connection may still hold what it has not sent.
    this.#target.giveBack?.(chunks);
    return { applied: rows, duplicates: 0, rows };
  }

  #arranged(): Buffer[] {
    return this.#target.arrange?.(this.#blocks, this.#rows) ?? this.#blocks.map((block) => block.payload);
  }

  async findRefused(session: LoadSession, limit: number): Promise<readonly RefusedElement[]> {
    const lines = (this.#lines ??= this.#blocks.flatMap((block) => [...linesOf(block)]));
    const { table, columns } = this.#target;
    const refused: RefusedElement[] = [];
    await session.query('SAVEPOINT search');
    // Rows before a bad one are known to be good, so the search sends each row about once.
    for (let from = 0; from < lines.length && refused.length <= limit;) {
      const part = lines.slice(from, from + SEARCH_ROWS);
      try {
        await session.copy(table, columns, [Buffer.concat(part.map((line) => line.bytes))]);
        from += part.length;
      } catch (error) {
        const bad =
          error instanceof DatabaseError && error.kind === 'data' && error.copyLine !== undefined
            ? part[error.copyLine - 1]
            : undefined;
        if (bad === undefined) {
          throw error;
        }
        refused.push(this.#refused(bad, error as DatabaseError));
        from += (error as DatabaseError).copyLine!;
      }
      await session.query('ROLLBACK TO SAVEPOINT search');
    }
    return refused;
  }

  exclude(refused: readonly RefusedElement[]): void {
    const keys = new Set(refused.map((element) => `${element.sourceOffset}/${element.place}`));
    const lines = this.#lines ?? this.#blocks.flatMap((block) => [...linesOf(block)]);
    this.#lines = lines.filter((line) => !keys.has(`${line.offset}/${line.place}`));
    this.#rows = this.#lines.length;
    this.#chunks = [Buffer.concat(this.#lines.map((line) => line.bytes))];
  }

  /** Lines left to load. */
  protected lines(): Buffer[] {
    this.#lines ??= this.#blocks.flatMap((block) => [...linesOf(block)]);
    return this.#lines.map(({ bytes }) => bytes);
  }

  #refused({ bytes, offset, place }: Line, error: DatabaseError): RefusedElement {
    return {
      sourceOffset: offset,
      place,
      refusal: { code: 'database_rejected', detail: rejectionDetail(error) },
      normalised: this.#target.normalised(decodeCopyRow(bytes.toString())),
    };
  }
}
