import { crc32 } from 'node:zlib';

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(type, 4, 'latin1');
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])), 0);
  return Buffer.concat([head, data, tail]);
}

/**
 * A PNG with this header, followed by bytes that stand for pixels. Two seeds give two pictures,
 * and the length comes out near the one that is asked for.
 */
export function png(
  options: { width?: number; height?: number; bytes?: number; seed?: number } = {},
) {
  const { width = 64, height = 48, bytes = 900, seed = 1 } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', noise(Math.max(bytes - 57, 0), seed)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The same bytes for the same seed; every byte value occurs. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** A JPEG's head: the size stands behind an APP0 segment, as in what the service sends. */
export function jpeg(
  options: { width?: number; height?: number; bytes?: number; seed?: number } = {},
) {
  const { width = 64, height = 48, bytes = 900, seed = 2 } = options;
  const app0 = Buffer.from('ffe000104a46494600010100000100010000', 'hex');
  const frame = Buffer.from('ffc0001108000000000301220002110103110100', 'hex');
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    app0,
    frame,
    noise(Math.max(bytes - 42, 0), seed).map((byte) => (byte === 0xff ? 0xfe : byte)),
    Buffer.from([0xff, 0xd9]),
  ]);
}
