/**
 * The log of what the broker has acknowledged. It is outside the system under test, reaches the disk before the
 * generator counts a record as sent, and is the checker's only source of expectations.
 */
import { openSync, readSync, closeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Kind, Mood, Origin } from './stream.ts';

/** A batch of consecutive records of one stream, acknowledged at consecutive offsets. */
export interface Acknowledgement {
  readonly kind: Kind;
  readonly partition: number;
  readonly mood: Mood;
  readonly sequence: number;
  readonly count: number;
  readonly offset: number;
  /** MD5 of all values: what is regenerated for comparison must equal what was sent. */
  readonly digest: string;
}

/** Telemetry offsets of which the database may have rejected any sample, because the schema was broken. */
export interface Tolerance {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** Offsets without anything to apply: records of an aborted transaction and its marker. */
interface Withdrawal {
  readonly kind: Kind;
  readonly partition: number;
  readonly count: number;
}

/** `recreated`: the topic was recreated, or its machines publish to another cluster; offsets start over. */
export type Line =
  | { readonly origin: Origin }
  | { readonly acknowledged: Acknowledgement }
  | { readonly tolerated: Tolerance }
  | { readonly withdrawn: Withdrawal }
  | { readonly recreated: Kind };

export class AcknowledgementLog {
  readonly #file: FileHandle;
  #waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #isWriting = false;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string, origin: Origin): Promise<AcknowledgementLog> {
    const log = new AcknowledgementLog(await open(path, 'w'));
    await log.append({ origin });
    return log;
  }

  /** Resolves when the line is on disk. Lines that wait meanwhile share one sync. */
  append(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify(line)}\n`, resolve, reject });
      if (!this.#isWriting) {
        this.#isWriting = true;
        void this.#write();
      }
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(batch.map(({ line }) => line).join(''));
        await this.#file.datasync();
        batch.forEach(({ resolve }) => resolve());
      } catch (error) {
        batch.forEach(({ reject }) => reject(error));
      }
    }
    this.#isWriting = false;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Whole lines from a byte of the file on, and the offset of the byte after them. */
export function readLines(path: string, fromByte: number): { lines: Line[]; toByte: number } {
  const file = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let at = fromByte; ;) {
      const buffer = Buffer.allocUnsafe(1024 * 1024);
      const length = readSync(file, buffer, 0, buffer.length, at);
      if (length === 0) {
        break;
      }
      pieces.push(buffer.subarray(0, length));
      at += length;
    }
    const text = Buffer.concat(pieces);
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.subarray(0, end).toString().split('\n').filter(Boolean);
    return { lines: lines.map((line) => JSON.parse(line) as Line), toByte: fromByte + end };
  } finally {
    closeSync(file);
  }
}
