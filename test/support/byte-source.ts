import type { ByteSource } from '../../src/images/header/byte-source.ts';

/** Bytes in memory, read as a file is, with a count of what was looked at. */
export function countedSource(bytes: Buffer): ByteSource & { reads: number; bytesRead: number } {
  return {
    reads: 0,
    bytesRead: 0,
    async read(offset, length) {
      const found = bytes.subarray(offset, offset + length);
      this.reads += 1;
      this.bytesRead += found.length;
      return found;
    },
  };
}
