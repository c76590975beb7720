import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '@chip/service';

/** A text file, plain or gzip, as a stream of text that never holds more than a few chunks. */
export interface SourceFile {
  readonly sizeBytes: number;
  /** Bytes of the file (compressed, if it is) read so far, for a progress bar. */
  readonly bytesRead: number;
  /** The text from the beginning; callable once. */
  text(): AsyncGenerator<string, void, void>;
}

/** @throws InputError if the file does not exist or cannot be read; while reading, if its gzip data are damaged. */
export async function openSource(path: string): Promise<SourceFile> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  });
  const stat = await file.stat();
  if (stat.isDirectory()) {
    await file.close();
    throw new InputError(`cannot read ${path}: it is a folder`);
  }
  const { bytesRead: magicBytes, buffer: magic } = await file.read(Buffer.alloc(2), 0, 2, 0);
  const isGzip = magicBytes === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
  const raw = file.createReadStream({ start: 0, highWaterMark: 256 * 1024 });

  return {
    sizeBytes: stat.size,
    get bytesRead() {
      return raw.bytesRead;
    },
    async *text() {
      const decoder = new TextDecoder();
      // A failure of the raw stream must fail the decompressed one: pipe() alone would leave the reader waiting
      // indefinitely.
      const bytes = isGzip ? raw.pipe(createGunzip()) : raw;
      if (bytes !== raw) {
        raw.on('error', (error) => bytes.destroy(error));
      }
      try {
        for await (const chunk of bytes) {
          yield decoder.decode(chunk as Buffer, { stream: true });
        }
      } catch (cause) {
        throw new InputError(`cannot read ${path}: ${reasonOf(cause as NodeJS.ErrnoException)}`, { cause });
      } finally {
        raw.destroy();
      }
      yield decoder.decode();
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  Z_DATA_ERROR: 'its gzip data are damaged',
  Z_BUF_ERROR: 'its gzip data end too early',
};

const reasonOf = (error: NodeJS.ErrnoException): string => REASONS[error.code ?? ''] ?? error.message;
