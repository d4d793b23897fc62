import {
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  type APIEmbed,
  MessageFlags,
} from 'discord-api-types/v10';
import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import { untilTaken } from './patience.ts';
import { ReplyError } from './reply-error.ts';
import type { EditBody, FollowUpBody, ReplyRest, Upload } from './rest.ts';

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

export function createPages({ rest, log }: { rest: ReplyRest; log: Logger }): Pages {
  return {
    async show(target, page) {
      const { body, uploads } = toMessage(page);
      try {
        await untilTaken(() => rest.editOriginal(target, body, uploads), log);
      } catch (error) {
        // By the token alone: a private page must never find its way to the channel. Whoever closed
        // the message, or waited too long, has no use for an error either.
        const isOver = error instanceof ReplyError && ['gone', 'expired'].includes(error.kind);
        if (!isOver) throw error;
        log.info({ err: error }, 'a page had no reader');
      }
    },
    async add(target, page) {
      const { body, uploads } = toMessage(page);
      const { embeds, components, attachments, allowed_mentions } = body;
      const flags = MessageFlags.Ephemeral;
      const followUp = { embeds, components, attachments, allowed_mentions, flags } as FollowUpBody;
      await untilTaken(() => rest.followUp(target, followUp, uploads), log, { copies: 1 });
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
