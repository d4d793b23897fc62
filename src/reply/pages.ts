import {
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  type APIEmbed,
  MessageFlags,
} from 'discord-api-types/v10';
import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import { sendLast } from './last-message.ts';
import type { EditBody, ReplyRest, Upload } from './rest.ts';
import { createReplyWriter } from './writer.ts';

/** A whole message that only the person who asked can see. */
export interface Page {
  /** At most 10, with 6000 characters together. */
  embeds: APIEmbed[];
  components?: APIActionRowComponent<APIComponentInMessageActionRow>[];
  /** At most 10; an embed shows one by `attachment://name`. */
  files?: PageFile[];
}

export interface PageFile {
  /** Only `[a-z0-9-]` and an extension. */
  name: string;
  mime: string;
  bytes: Uint8Array;
  /** For those who cannot see it; at most 1024 characters. */
  alt: string;
}

/** Shows what the commands without a picture of their own have to say. */
export interface Pages {
  /** Replaces the private "thinking…", or the private message that the button or form is on. */
  show(target: ReplyTarget, page: Page): Promise<void>;
  /** Adds a private message. */
  add(target: ReplyTarget, page: Page): Promise<void>;
}

export function createPages({
  rest,
  log,
  now,
}: {
  rest: ReplyRest;
  log: Logger;
  now: () => number;
}): Pages {
  return {
    async show(target, page) {
      // Private, whatever the acknowledgement was: a page must never find its way to the channel.
      const writer = createReplyWriter({ ...target, ephemeral: true }, { rest, now });
      const { body, uploads } = toMessage(page);
      const deps = { writer, log, remember: () => {}, disappear: () => {} };
      const sent = await sendLast(body, uploads, 'page', deps);
      // Whoever closed the message, or waited too long, has no use for an error either.
      if (sent === 'gone' || sent === 'unreachable') log.info({ sent }, 'a page had no reader');
    },
    async add(target, page) {
      const { body, uploads } = toMessage(page);
      await rest.followUp(
        target,
        { ...body, content: '', flags: MessageFlags.Ephemeral } as Parameters<
          ReplyRest['followUp']
        >[1],
        uploads,
      );
    },
  };
}

function toMessage({ embeds, components = [], files = [] }: Page): {
  body: EditBody;
  uploads: Upload[];
} {
  return {
    body: {
      content: '',
      embeds,
      components,
      attachments: files.map(({ name, alt }, index) => ({
        id: String(index),
        filename: name,
        description: alt,
      })),
      allowed_mentions: { parse: [] },
    },
    uploads: files.map(({ name, mime, bytes }) => ({ name, mime, bytes: new Uint8Array(bytes) })),
  };
}
