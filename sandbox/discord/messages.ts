/** Writing messages: how a checked body and its files become a stored message. */
import type { APIEmbed, APIMessageTopLevelComponent } from 'discord-api-types/v10';
import { apiError } from './api-error.ts';
import { createFormReport } from './checks/form-errors.ts';
import { type ComponentBody, type MessageBody, MessageFlag } from './checks/message.ts';

import { cleanFileName, type FileEntry } from './files.ts';
import type { MessageParts } from './interface.ts';
import type { MessageFile, State, StoredInteraction, StoredMessage } from './model.ts';
import { fileReference } from './render/message.ts';

/** A file of this call; `index` is the n of its `files[n]`. */
export interface Upload {
  index: string;
  entry: FileEntry;
}

/** A checked body with its files. */
export interface Written {
  body: MessageBody;
  uploads: Upload[];
  /** Where the message stands in the call's body, for errors. */
  prefix: readonly string[];
  /** Collects what Discord would take in silence. */
  warnings: string[];
}

const MAX_FILES = 10;
/** Discord shows these from `attachment://`, by the name's ending. */
const SHOWN = /\.(png|jpe?g|webp|gif)$/i;

/** What a message is before it has content. */
export interface NewMessage {
  channelId: string;
  authorId: string;
  type: number;
  interaction: StoredInteraction | null;
  visibleTo: string | null;
  repliesTo: string | null;
  /** Beyond those that the body may set. */
  flags: number;
  parts?: MessageParts;
}

/** A message without content, to be filled by `write`. */
export function blankMessage(state: State, start: NewMessage): StoredMessage {
  return {
    id: state.nextId(),
    channelId: start.channelId,
    authorId: start.authorId,
    type: start.type,
    content: '',
    embeds: [],
    files: [],
    components: [],
    flags: start.flags | (start.visibleTo === null ? 0 : MessageFlag.ephemeral),
    tts: false,
    mentionIds: [],
    mentionsEveryone: false,
    createdAt: state.now(),
    editedAt: null,
    nonce: null,
    repliesTo: start.repliesTo,
    interactionId: start.interaction?.id ?? null,
    visibleTo: start.visibleTo,
    parts: start.parts ?? {},
  };
}

/**
 * The message with the body's changes. Throws 50006 when nothing would be left to see. What the
 * body leaves out stays as it is; null empties.
 */
export function write(
  state: State,
  message: StoredMessage,
  { body, uploads, prefix, warnings }: Written,
  mode: 'create' | 'edit',
): StoredMessage {
  const files = chooseFiles(message.files, { body, uploads, prefix }, mode);
  const named = [
    // A new file hides an older one of the same name.
    ...uploads.map(({ entry }) => entry),
    ...message.files.flatMap(({ fileId }) => state.files.get(fileId) ?? []),
  ];
  const settable =
    MessageFlag.suppressEmbeds |
    MessageFlag.componentsV2 |
    (mode === 'create' ? MessageFlag.suppressNotifications : 0);
  const changed: StoredMessage = {
    ...message,
    files,
    ...(body.content === undefined ? {} : { content: body.content ?? '' }),
    ...(body.embeds === undefined
      ? {}
      : { embeds: (body.embeds ?? []).map((embed) => cleanEmbed(embed, named, warnings)) }),
    ...(body.components === undefined
      ? {}
      : { components: completeComponents(body.components ?? []) }),
    ...(typeof body.flags === 'number'
      ? {
          flags:
            (message.flags & ~settable) |
            (body.flags & settable) |
            (message.flags & MessageFlag.componentsV2),
        }
      : {}),
    ...(body.tts ? { tts: true } : {}),
    ...mentions(body),
  };
  const seen =
    changed.content.trim() !== '' ||
    changed.embeds.length > 0 ||
    changed.files.length > 0 ||
    changed.components.length > 0 ||
    Object.keys(changed.parts).length > 0;
  if (!seen) throw apiError('emptyMessage');
  return changed;
}

/**
 * Which files the message has afterwards. On an edit, a list replaces: it names the old ones to
 * keep by id and the new ones by their index; without a list the old stay and the new are added.
 */
function chooseFiles(
  before: MessageFile[],
  { body, uploads, prefix }: Omit<Written, 'warnings'>,
  mode: 'create' | 'edit',
): MessageFile[] {
  const entries = body.attachments === null ? [] : body.attachments;
  const report = createFormReport(prefix);
  const listed = (entries ?? []).flatMap((entry, place): MessageFile[] => {
    const id = String(entry.id);
    const kept = before.find((file) => file.fileId === id);
    const added = uploads.find((upload) => upload.index === id);
    if (entry.filename && added) renameUpload(added, entry.filename);
    if (kept) return [{ ...kept, ...described(entry) }];
    if (added) return [{ fileId: added.entry.id, description: null, ...described(entry) }];
    report.add(['attachments', place, 'id'], 'ATTACHMENT_NOT_FOUND', 'Attachment data not found');
    return [];
  });
  report.throwIfAny();
  const unlisted = uploads
    .filter(({ entry }) => !listed.some((file) => file.fileId === entry.id))
    .map(({ entry }): MessageFile => ({ fileId: entry.id, description: null }));
  const files =
    mode === 'create'
      ? [...listed, ...unlisted]
      : entries === undefined
        ? [...before, ...unlisted]
        : listed;
  if (files.length > MAX_FILES) throw apiError('tooManyAttachments');
  return files;
}

function described({ description }: { description?: string | null }): Partial<MessageFile> {
  return description === undefined ? {} : { description };
}

function renameUpload(upload: Upload, filename: string): void {
  const name = cleanFileName(filename);
  upload.entry.urlPath = upload.entry.urlPath.replace(/[^/]+$/, name);
  upload.entry.name = name;
}

/** An embed as Discord keeps it: trimmed of empty members, its pictures bound to their files. */
function cleanEmbed(
  embed: NonNullable<MessageBody['embeds']>[number],
  files: FileEntry[],
  warnings: string[],
): APIEmbed {
  const bind = (url: string | null | undefined, where: string): string | null => {
    if (!url) return null;
    const own = /\/(?:ephemeral-)?attachments\/\d+\/(\d+)\//.exec(url)?.[1];
    if (own !== undefined && files.some((file) => file.id === own)) return fileReference(own);
    if (!url.startsWith('attachment://')) return url;
    const name = url.slice('attachment://'.length);
    const file = files.find((one) => one.name === name);
    if (!file) warnings.push(`${where}: no file is called ${name}; Discord shows nothing`);
    else if (!SHOWN.test(name)) warnings.push(`${where}: ${name} is no type that Discord shows`);
    else return fileReference(file.id);
    return null;
  };
  const image = bind(embed.image?.url, 'embed image');
  const thumbnail = bind(embed.thumbnail?.url, 'embed thumbnail');
  const footerIcon = bind(embed.footer?.icon_url, 'embed footer icon');
  const authorIcon = bind(embed.author?.icon_url, 'embed author icon');
  return {
    type: 'rich' as APIEmbed['type'] & string,
    ...(embed.title ? { title: embed.title } : {}),
    ...(embed.description ? { description: embed.description } : {}),
    ...(embed.url ? { url: embed.url } : {}),
    ...(typeof embed.color === 'number' ? { color: embed.color } : {}),
    ...(embed.timestamp
      ? { timestamp: new Date(embed.timestamp).toISOString().replace('Z', '000+00:00') }
      : {}),
    ...(image === null ? {} : { image: { url: image } }),
    ...(thumbnail === null ? {} : { thumbnail: { url: thumbnail } }),
    ...(embed.footer
      ? {
          footer: {
            text: embed.footer.text ?? '',
            ...(footerIcon === null ? {} : { icon_url: footerIcon }),
          },
        }
      : {}),
    ...(embed.author
      ? {
          author: {
            name: embed.author.name ?? '',
            ...(embed.author.url ? { url: embed.author.url } : {}),
            ...(authorIcon === null ? {} : { icon_url: authorIcon }),
          },
        }
      : {}),
    ...(embed.fields?.length
      ? {
          fields: embed.fields.map((field) => ({
            name: field.name ?? '',
            value: field.value ?? '',
            inline: field.inline ?? false,
          })),
        }
      : {}),
  };
}

/** Selects of every kind; Discord tells their bounds even where they were left out. */
const SELECTS: readonly number[] = [3, 5, 6, 7, 8];

/**
 * Components as Discord gives them back: numbered in the order in which they stand where they
 * came without an `id`, with the bounds of selects, and without members that are null.
 */
export function completeComponents(
  components: readonly ComponentBody[],
): APIMessageTopLevelComponent[] {
  let next = 1;
  const complete = (component: ComponentBody): ComponentBody => ({
    ...(SELECTS.includes(component.type) ? { min_values: 1, max_values: 1 } : {}),
    ...withoutNulls(component),
    id: component.id || next++,
    ...(component.options ? { options: component.options.map(withoutNulls) } : {}),
    ...(component.components ? { components: component.components.map(complete) } : {}),
    ...(component.component ? { component: complete(component.component) } : {}),
    ...(component.accessory ? { accessory: complete(component.accessory) } : {}),
  });
  return components.map(complete) as unknown as APIMessageTopLevelComponent[];
}

function withoutNulls<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null)) as Value;
}

/** Who is pinged by the content. Embeds never ping. */
function mentions(body: MessageBody): Partial<StoredMessage> {
  if (typeof body.content !== 'string') return {};
  const allowed = body.allowed_mentions;
  const parse = allowed ? (allowed.parse ?? []) : ['users', 'roles', 'everyone'];
  const ids = [...body.content.matchAll(/<@!?(\d{17,19})>/g)].flatMap(([, id]) => id ?? []);
  return {
    mentionIds: [...new Set(ids)].filter(
      (id) => parse.includes('users') || allowed?.users?.includes(id),
    ),
    mentionsEveryone: parse.includes('everyone') && /@(everyone|here)\b/.test(body.content),
  };
}
