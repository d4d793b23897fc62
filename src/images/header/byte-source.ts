import type { FileHandle } from 'node:fs/promises';

/** Bytes that can be read at any offset: a file, or a buffer in a test. */
export interface ByteSource {
  /** Up to `length` bytes from `offset`; fewer at the end, none behind it. */
  read(offset: number, length: number): Promise<Buffer>;
}

export function fileSource(file: FileHandle): ByteSource {
  return {
    async read(offset, length) {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

/** Bounds of one header, whatever it claims. */
const LIMITS = {
  /** Read at once: most headers, and the heads of several neighbouring chunks. */
  windowBytes: 512,
  /** Segments or chunks that are read. A PNG of 20 MB in the usual 8 KiB chunks has 2,560. */
  steps: 16_384,
} as const;

/** A header goes on beyond the bound; what stands behind it is not looked for. */
export class HeaderTooLong extends Error {
  override readonly name = 'HeaderTooLong';
}

/**
 * Reads a header in small windows, never backwards by more than one window, within a bound on
 * steps: so the work is linear in what is passed, and at most 8 MiB are read of any file.
 */
export class HeaderReader {
  readonly #source: ByteSource;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  #steps = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * Exactly `length` bytes (at most a window) at `offset`; null where the file ends before.
   * Each call is a step. Throws `HeaderTooLong` beyond the bound; see `orNull`.
   */
  async at(offset: number, length: number): Promise<Buffer | null> {
    this.#steps += 1;
    if (this.#steps > LIMITS.steps) throw new HeaderTooLong('too many segments');
    const from = offset - this.#windowAt;
    if (from < 0 || from + length > this.#window.length) {
      this.#window = await this.#source.read(offset, LIMITS.windowBytes);
      this.#windowAt = offset;
    }
    const start = offset - this.#windowAt;
    const bytes = this.#window.subarray(start, start + length);
    return bytes.length === length ? bytes : null;
  }
}

/** What `read` found; null where the header is longer than the bound. */
export async function orNull<Found>(read: Promise<Found>): Promise<Found | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof HeaderTooLong) return null;
    throw error;
  }
}
