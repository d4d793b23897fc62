import { imageFileName } from '../../discord-http/message-file.ts';
import type { Upload } from '../../discord-http/multipart.ts';
import type { ImageFile } from '../../domain.ts';
import type { Fitted } from '../../images/fit/fitter.ts';
import type { Texts } from '../../texts/english.ts';
import { joined } from '../../texts/markdown.ts';

const EXTENSIONS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

/** A picture as a file to send: its name is how its generation is found again in a message. */
export function pictureUpload(generationId: string, image: ImageFile): Upload {
  const name = imageFileName(generationId, EXTENSIONS[image.mime] ?? 'png');
  return { path: image.path, name, mime: image.mime };
}

/** A draft as a file to send beside a state. */
export function draftUpload(generationId: string, bytes: Uint8Array<ArrayBuffer>): Upload {
  return { bytes, name: `draft-${generationId}.webp`, mime: 'image/webp' };
}

/** A picture as it went out; the store knows only its type and size. */
export type SentPicture = Pick<ImageFile, 'mime' | 'bytes'> &
  Partial<Pick<ImageFile, 'width' | 'height'> & { quality: number }>;

export function sentPicture({ image, reencoded }: Fitted): SentPicture {
  const { mime, bytes, width, height } = image;
  return { mime, bytes, width, height, ...(reencoded && { quality: reencoded.quality }) };
}

/** What was sent instead of what was made; '' where that is the same. */
export function sentText(made: ImageFile, sent: SentPicture, texts: Texts): string {
  if (sent.mime === made.mime && sent.bytes === made.bytes) return '';
  const isSmaller = sent.width !== undefined && sent.width < made.width;
  const pixels = isSmaller && `(${sent.width}×${sent.height})`;
  const as = joined(' ', formatName(sent.mime), sent.quality?.toString(), pixels);
  return texts.done.sentAs(
    `${as}, ${megabytes(sent.bytes)}`,
    `${formatName(made.mime)} ${megabytes(made.bytes)}`,
  );
}

/** Discord counts in decimal megabytes where people read them. */
function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function formatName(mime: string): string {
  return EXTENSIONS[mime]?.replace('jpg', 'jpeg').toUpperCase() ?? mime;
}
