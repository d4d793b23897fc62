import {
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  type APIEmbed,
  MessageFlags,
} from 'discord-api-types/v10';
import type { Logger } from 'pino';
import { MESSAGE } from '../discord-http/discord-limits.ts';
import { ReplyError } from '../discord-http/errors.ts';
import type { EditBody, FollowUpBody, ReplyRest, Upload } from '../discord-http/rest.ts';
import { type RetryOptions, retryUntilAccepted } from '../discord-http/retry-until-accepted.ts';
import type { ReplyTarget } from '../domain.ts';
import { mayHelpPlainer } from '../reply/wording.ts';
import { english, type Texts } from '../texts/english.ts';

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
  texts = english,
}: {
  rest: ReplyRest;
  log: Logger;
  texts?: Texts;
}): Pages {
  /** What Discord refuses for its words comes once more with the words in a file. */
  async function send(
    page: Page,
    write: (body: EditBody, uploads: readonly Upload[]) => Promise<unknown>,
    options?: RetryOptions,
  ): Promise<void> {
    try {
      const { body, uploads } = toMessage(page);
      await retryUntilAccepted(() => write(body, uploads), log, options);
    } catch (error) {
      if (!(error instanceof ReplyError && mayHelpPlainer(error))) throw error;
      log.warn({ err: error }, 'Discord refuses a page; its words follow as a file');
      const { body, uploads } = toMessage(wordsAsFile(page, texts));
      await retryUntilAccepted(() => write(body, uploads), log, options);
    }
  }

  return {
    async show(target, page) {
      try {
        await send(page, (body, uploads) => rest.editOriginal(target, body, uploads));
      } catch (error) {
        // By the token alone: a private page must never find its way to the channel. Whoever closed
        // the message, or waited too long, has no use for an error either.
        const isOver = error instanceof ReplyError && ['gone', 'expired'].includes(error.kind);
        if (!isOver) throw error;
        log.info({ err: error }, 'a page had no reader');
      }
    },
    async add(target, page) {
      const write = (body: EditBody, uploads: readonly Upload[]) => {
        const { embeds, components, attachments, allowed_mentions } = body;
        const flags = MessageFlags.Ephemeral;
        const message = { embeds, components, attachments, allowed_mentions, flags };
        return rest.followUp(target, message as FollowUpBody, uploads);
      };
      await send(page, write, { maxCopies: 1 });
    },
  };
}

/** The page with its words in a file, which no filter of Discord's reads; its buttons stay. */
function wordsAsFile(page: Page, texts: Texts): Page {
  const [first] = page.embeds;
  const words = page.embeds.map(({ title, description, fields, footer }) => {
    const lines = fields?.map(({ name, value }) => `${name}: ${value}`) ?? [];
    return [title, description, ...lines, footer?.text].filter(Boolean).join('\n');
  });
  const text = words.join('\n\n').replace(/\\([!-/:-@[-`{-~])/g, '$1');
  const file: PageFile = {
    name: 'text.md',
    mime: 'text/markdown',
    bytes: new TextEncoder().encode(text),
    alt: '',
  };
  // Their alt texts quote prompts; an embed that only showed one would be empty.
  const files = (page.files ?? []).map((each) => ({ ...each, alt: '' }));
  return {
    embeds: [{ ...(first?.color && { color: first.color }), description: texts.inFile }],
    ...(page.components && { components: page.components }),
    files: [file, ...files].slice(0, MESSAGE.files),
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
