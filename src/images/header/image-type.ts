/** Bytes from which every type can be told. */
export const MAGIC_BYTES = 32;

/** Major and compatible brands of ISO media files that hold pictures. */
const HEIF_BRANDS: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  avis: 'image/avif-sequence',
  heic: 'image/heic',
  heix: 'image/heic',
  heim: 'image/heic',
  heis: 'image/heic',
  hevc: 'image/heic',
  hevx: 'image/heic',
  mif1: 'image/heif',
  msf1: 'image/heif',
};

/** The file-name ending for each type that is recognised. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/avif-sequence': 'avif',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/bmp': 'bmp',
  'image/tiff': 'tiff',
  'image/bigtiff': 'tiff',
};

/** The usual ending of a file of this type; `bin` for a type that is not an image. */
export function extensionOf(mime: string): string {
  return EXTENSIONS[mime] ?? 'bin';
}

/**
 * The type of a picture by its magic number, or null when the bytes are no raster image. What a
 * sender claims is never asked: recorded answers call JPEG `image/png` and the other way round.
 * SVG is text that can point anywhere, so it does not count as an image.
 */
export function imageTypeOf(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC_BYTES));
  const ascii = head.toString('latin1');
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (ascii.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (ascii.startsWith('RIFF') && ascii.startsWith('WEBP', 8)) return 'image/webp';
  if (ascii.startsWith('GIF87a') || ascii.startsWith('GIF89a')) return 'image/gif';
  if (ascii.startsWith('II*\0') || ascii.startsWith('MM\0*')) return 'image/tiff';
  if (ascii.startsWith('II+\0') || ascii.startsWith('MM\0+')) return 'image/bigtiff';
  if (ascii.startsWith('ftyp', 4)) return heifType(ascii);
  // "BM" alone also begins plain words: the four reserved bytes after the size must be zero.
  if (ascii.startsWith('BM') && ascii.startsWith('\0\0\0\0', 6)) return 'image/bmp';
  return null;
}

function heifType(ascii: string): string | null {
  // `mif1` says only "some HEIF"; a compatible brand behind it often tells which.
  const brands = [ascii.slice(8, 12), ascii.slice(16, 20), ascii.slice(20, 24)];
  const types = brands.map((brand) => HEIF_BRANDS[brand]).filter((type) => type !== undefined);
  return types.find((type) => type !== 'image/heif') ?? types[0] ?? null;
}

/** Whether a file begins as an SVG does, behind a prologue of up to a thousand characters. */
export function looksLikeSvg(head: Buffer): boolean {
  const text = head.toString('utf8', 0, 1_024).trimStart();
  return text.startsWith('<') && /<svg[\s>]/i.test(text);
}
