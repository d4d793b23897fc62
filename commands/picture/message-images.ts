import {
  type APIEmbed,
  type APIEmbedImage,
  type APIUnfurledMediaItem,
  type Attachment,
  EmbedType,
  type Message,
  type Sticker,
  StickerFormatType,
} from 'discord.js';
import type { AttachmentReference, FileFacts } from '../../src/domain.ts';
import { isAllowedUrl } from '../../src/images/references/allowed-hosts.ts';
import { isReferenceFile } from '../../src/images/references/file-types.ts';
import type { LeftOut } from '../../src/texts/english.ts';
import type { Pixels } from '../../src/texts/image-shape.ts';

/** One image, or another file, that people see in a message. */
export interface ShownFile extends FileFacts {
  /** null for a drawing, and where Discord does not say. */
  url: string | null;
  /** Discord's own copy, where `url` is of another site. */
  proxyUrl: string | null;
  /** null where Discord does not say. */
  pixels: Pixels | null;
  kind: 'image' | 'sticker' | 'other_file';
}

/** What the menu of a message can edit of it. */
export interface MessageImages {
  images: AttachmentReference[];
  /** One for each file that the message shows beside them. */
  leftOut: LeftOut[];
}

/** What one edit of a message takes; as many as the form that adds to them. */
const MAX_IMAGES = 10;

/** Discord allows 40 components in a message and nests them twice. */
const MAX = { components: 100, depth: 5 } as const;

/**
 * The images of a message that can be fetched from these hosts, in the order shown, and why the
 * other files are left out.
 */
export function imagesIn(message: Message, hosts: readonly string[]): MessageImages {
  const images: AttachmentReference[] = [];
  const leftOut: LeftOut[] = [];
  for (const { proxyUrl, kind, name, contentType, bytes, ...file } of filesIn(message)) {
    const urls = [file.url ?? '', proxyUrl ?? ''];
    const url = urls.find((one) => URL.canParse(one) && isAllowedUrl(new URL(one), hosts));
    if (kind === 'other_file') leftOut.push(kind);
    else if (url === undefined) leftOut.push(kind === 'sticker' ? kind : 'elsewhere');
    else if (images.length === MAX_IMAGES) leftOut.push('too_many');
    else images.push({ kind: 'attachment', url, name, contentType, bytes });
  }
  return { images, leftOut };
}

/**
 * Everything that people see as an image or a file, each once: attachments, embeds, components and
 * stickers, in this order; those of a message that it forwards come last.
 */
export function filesIn(message: Message): ShownFile[] {
  const byIdentity = new Map<string, ShownFile>();
  for (const part of [message, ...message.messageSnapshots.values()]) {
    const files = [
      ...[...part.attachments.values()].map(attachedFile),
      ...part.embeds.flatMap(({ data }) => embeddedFiles(data)),
      ...componentFiles(part.components.map((component) => component.toJSON() as ComponentNode)),
      ...[...part.stickers.values()].map(stickerFile),
    ];
    for (const file of files) {
      const identity = identityOf(file);
      if (!byIdentity.has(identity)) byIdentity.set(identity, file);
    }
  }
  return [...byIdentity.values()];
}

/** Embeds and components may show what is attached, too: on Discord's hosts a path is one file. */
function identityOf({ url, name }: ShownFile): string {
  if (url === null) return name;
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  const at = path.indexOf('attachments/');
  return at < 0 ? url : path.slice(at);
}

function attachedFile({ url, proxyURL, name, contentType, size, width, height }: Attachment) {
  const file = { url, name, contentType, bytes: size };
  return shownFile({ ...file, proxyUrl: proxyURL, pixels: pixelsOf({ width, height }) });
}

/**
 * The image and the thumbnail of an embed. A link to an image or a GIF has its thumbnail alone; of
 * a video it is no more than its first frame.
 */
function embeddedFiles({ type, image, thumbnail }: APIEmbed): ShownFile[] {
  const shown = type === EmbedType.Video ? [image] : [image, thumbnail];
  return shown.flatMap((picture) =>
    picture === undefined || !URL.canParse(picture.url)
      ? []
      : [{ ...linkedFile(picture), kind: 'image' }],
  );
}

/** A component as Discord sends it, as far as it may hold files or others that do. */
interface ComponentNode {
  components?: ComponentNode[];
  accessory?: ComponentNode;
  /** A gallery's. */
  items?: { media: APIUnfurledMediaItem }[];
  /** A thumbnail's. */
  media?: APIUnfurledMediaItem;
  /** A file's, with its name and its size in bytes. */
  file?: APIUnfurledMediaItem;
  name?: string;
  size?: number;
}

/** The files of components and of those inside them, in the order shown. */
function componentFiles(components: readonly ComponentNode[]): ShownFile[] {
  let left: number = MAX.components;
  const visit = (node: ComponentNode, depth: number): ShownFile[] => {
    if (left === 0 || depth === MAX.depth) return [];
    left -= 1;
    const { components: inner = [], accessory, items = [], media, file, name, size } = node;
    const shown = [...items.map((item) => item.media), media];
    return [
      ...shown.flatMap((one) => (one ? [linkedFile(one)] : [])),
      ...(file ? [linkedFile(file, { name, bytes: size })] : []),
      ...inner.flatMap((one) => visit(one, depth + 1)),
      ...(accessory ? visit(accessory, depth + 1) : []),
    ];
  };
  return components.flatMap((one) => visit(one, 0));
}

/** What Discord shows by its address. */
function linkedFile(
  media: APIUnfurledMediaItem | APIEmbedImage,
  known: { name?: string | undefined; bytes?: number | undefined } = {},
): ShownFile {
  const { proxy_url: proxyUrl = null, content_type: contentType = null } = media;
  const url = media.url || null;
  const path = url !== null && URL.canParse(url) ? new URL(url).pathname : '';
  const name = known.name ?? (path.split('/').at(-1) || 'image');
  const file = { url, name, contentType, bytes: known.bytes ?? null };
  return shownFile({ ...file, proxyUrl, pixels: pixelsOf(media) });
}

/** The extensions of stickers that are images; Lottie's are drawings in JSON. */
const STICKER_TYPES: Partial<Record<StickerFormatType, 'png' | 'gif'>> = {
  [StickerFormatType.PNG]: 'png',
  [StickerFormatType.APNG]: 'png',
  [StickerFormatType.GIF]: 'gif',
};

function stickerFile(sticker: Sticker): ShownFile {
  const { id, format } = sticker;
  const type = STICKER_TYPES[format];
  return {
    url: type === undefined ? null : sticker.url,
    name: `sticker-${id}.${type ?? 'json'}`,
    contentType: type === undefined ? null : `image/${type}`,
    bytes: null,
    proxyUrl: null,
    pixels: null,
    kind: 'sticker',
  };
}

function shownFile(file: Omit<ShownFile, 'kind'>): ShownFile {
  const { name, contentType, pixels } = file;
  const isImage = isReferenceFile({ name, contentType, hasPixels: pixels !== null });
  return { ...file, kind: isImage ? 'image' : 'other_file' };
}

function pixelsOf({ width, height }: { width?: number | null; height?: number | null }) {
  return width && height ? { width, height } : null;
}
