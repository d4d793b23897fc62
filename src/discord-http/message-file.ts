import type { APIMessage } from 'discord-api-types/v10';

const namePrefix = (generationId: string) => `darkroom-${generationId}.`;

/** The name that an image is sent under: it tells its generation to whoever finds it in a message. */
export function imageFileName(generationId: string, extension: string): string {
  return namePrefix(generationId) + extension;
}

/** Whether a file of that name is the image of that generation. */
export function isImageFileOf(generationId: string, name: string): boolean {
  return name.startsWith(namePrefix(generationId));
}

/** A file as a message of Discord's has it. */
export interface MessageFile {
  /** Its id in the CDN; null where the address does not hold one. */
  id: string | null;
  /** Its signed address on the CDN. */
  url: string;
}

/**
 * Finds a file in a message by its name. A file that an embed shows by `attachment://` is not in
 * `attachments`: there the embed has its address. An address that is still `attachment://` names a
 * file that Discord does not have.
 */
export function findFile(
  message: Partial<APIMessage> | null,
  isName: (name: string) => boolean,
): MessageFile | null {
  const listed = listOf(message?.attachments).map((file) => file?.url);
  const shown = listOf(message?.embeds).map((embed) => embed?.image?.url);
  for (const url of [...listed, ...shown]) {
    const path = pathOf(url);
    if (typeof url !== 'string' || path === null) continue;
    if (!isName(path.slice(path.lastIndexOf('/') + 1))) continue;
    // What only one person sees lies in a folder of its own.
    return { id: /\/(?:ephemeral-)?attachments\/\d+\/(\d+)\//.exec(path)?.[1] ?? null, url };
  }
  return null;
}

/** Whatever answered may have put anything in the place of a list. */
function listOf<Item>(value: readonly Item[] | undefined): readonly (Item | null | undefined)[] {
  return Array.isArray(value) ? value : [];
}

function pathOf(url: unknown): string | null {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return null;
  return URL.parse(url)?.pathname ?? null;
}
