import type { HeaderReader } from './byte-source.ts';

const ORIENTATION_TAG = 0x0112;
/** Entries of a directory that are looked at; cameras write about twenty. */
const MAX_ENTRIES = 256;
/** The types in which writers store the number, and how it is read. */
const BYTE = 1;
const SHORT = 3;
const LONG = 4;

/**
 * The orientation of an EXIF block (a TIFF header and its first directory), 2–8, or null where it
 * names none that turns anything. EXIF 2.32, 4.6.4: tag 274.
 *
 * @param start Where the block begins in the file; an `Exif\0\0` before its header is skipped.
 */
export async function readOrientation(reader: HeaderReader, start: number): Promise<number | null> {
  let base = start;
  const prefix = await reader.at(base, 6);
  if (prefix?.toString('latin1') === 'Exif\0\0') base += 6;
  const head = await reader.at(base, 8);
  const order = head?.toString('latin1', 0, 2);
  if (head === null || (order !== 'II' && order !== 'MM')) return null;
  const isLittle = order === 'II';
  const short = (from: Buffer, at: number) =>
    isLittle ? from.readUInt16LE(at) : from.readUInt16BE(at);
  const long = (from: Buffer, at: number) =>
    isLittle ? from.readUInt32LE(at) : from.readUInt32BE(at);
  if (short(head, 2) !== 42) return null;

  const directory = base + long(head, 4);
  const count = await reader.at(directory, 2);
  if (count === null) return null;
  const entries = Math.min(short(count, 0), MAX_ENTRIES);
  for (let index = 0; index < entries; index++) {
    const entry = await reader.at(directory + 2 + index * 12, 12);
    if (entry === null) return null;
    if (short(entry, 0) !== ORIENTATION_TAG) continue;
    const type = short(entry, 2);
    const value =
      type === SHORT
        ? short(entry, 8)
        : type === LONG
          ? long(entry, 8)
          : type === BYTE
            ? entry.readUInt8(8)
            : 1;
    return value >= 2 && value <= 8 ? value : null;
  }
  return null;
}
