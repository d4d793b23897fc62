import { type APIEmbed, MessageFlags } from 'discord-api-types/v10';
import type { Logger } from 'pino';
import { MESSAGE } from '../discord-http/discord-limits.ts';
import { ReplyError } from '../discord-http/errors.ts';
import type { Upload } from '../discord-http/multipart.ts';
import type { EditBody, FollowUpBody, ReplyRest } from '../discord-http/rest.ts';
import { type RetryOptions, retryUntilAccepted } from '../discord-http/retry-until-accepted.ts';
import type { ReplyTarget } from '../domain.ts';
import type { Row } from '../reply/render/buttons.ts';
import { mayHelpPlainer } from '../reply/wording.ts';
import type { Texts } from '../texts/english.ts';
import { joined } from '../texts/markdown.ts';

/** A whole message that only the person who asked can see. */
export interface Page {
  /** At most 10, with 6000 characters together. */
  embeds: APIEmbed[];
  components?: Row[];
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
export class Pages {
  readonly #deps: { rest: ReplyRest; log: Logger; texts: Texts };

  constructor(deps: { rest: ReplyRest; log: Logger; texts: Texts }) {
    this.#deps = deps;
  }

  /** Replaces the private "thinking…", or the private message that the button or form is on. */
  async show(target: ReplyTarget, page: Page): Promise<void> {
    const { rest, log } = this.#deps;
    try {
      await this.#send(page, (body, uploads) => rest.editOriginal(target, body, uploads));
    } catch (error) {
      // By the token alone: a private page must never find its way to the channel. Whoever closed
      // the message, or waited too long, has no use for an error either.
      const isOver = error instanceof ReplyError && ['gone', 'expired'].includes(error.kind);
      if (!isOver) throw error;
      log.info({ err: error }, 'a page had no reader');
    }
  }

  /** Adds a private message. */
  async add(target: ReplyTarget, page: Page): Promise<void> {
    const write = (body: EditBody, uploads: readonly Upload[]) => {
      const { content: _, ...message } = body;
      const flags = MessageFlags.Ephemeral;
      return this.#deps.rest.followUp(target, { ...message, flags } as FollowUpBody, uploads);
    };
    await this.#send(page, write, { maxCopies: 1 });
  }

  /** What Discord refuses for its words comes once more with the words in a file. */
  async #send(
    page: Page,
    write: (body: EditBody, uploads: readonly Upload[]) => Promise<unknown>,
    options?: RetryOptions,
  ): Promise<void> {
    const { log, texts } = this.#deps;
    const send = async (shown: Page) => {
      const { body, uploads } = toMessage(shown);
      await retryUntilAccepted(() => write(body, uploads), log, options);
    };
    try {
      await send(page);
    } catch (error) {
      if (!(error instanceof ReplyError && mayHelpPlainer(error))) throw error;
      log.warn({ err: error }, 'Discord refuses a page; its words follow as a file');
      await send(wordsAsFile(page, texts));
    }
  }
}

/** The page with its words in a file, which no filter of Discord's reads; its buttons stay. */
function wordsAsFile(page: Page, texts: Texts): Page {
  const [first] = page.embeds;
  const words = page.embeds.map(({ title, description, fields, footer }) => {
    const lines = fields?.map(({ name, value }) => `${name}: ${value}`) ?? [];
    return joined('\n', title, description, ...lines, footer?.text);
  });
  const text = words.join('\n\n').replace(/\\([!-/:-@[-`{-~])/g, '$1');
  const bytes = new TextEncoder().encode(text);
  const file: PageFile = { name: 'text.md', mime: 'text/markdown', bytes, alt: '' };
  // Their alt texts quote prompts; an embed that only showed one would be empty.
  const files = (page.files ?? []).map((each) => ({ ...each, alt: '' }));
  return {
    embeds: [{ ...(first?.color && { color: first.color }), description: texts.inFile }],
    ...(page.components && { components: page.components }),
    files: [file, ...files].slice(0, MESSAGE.files),
  };
}

function toMessage({ embeds, components = [], files = [] }: Page) {
  const attachments = files.map(({ name, alt }, index) => ({
    id: String(index),
    filename: name,
    description: alt,
  }));
  return {
    body: { content: '', embeds, components, attachments, allowed_mentions: { parse: [] } },
    uploads: files.map(({ name, mime, bytes }) => ({ name, mime, bytes: new Uint8Array(bytes) })),
  };
}
