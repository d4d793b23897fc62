import { MessageFlags } from 'discord-api-types/v10';
import { isForbidden, ReplyError } from '../discord-http/errors.ts';
import type { Upload } from '../discord-http/multipart.ts';
import type { EditBody, ReplyRest, Sent } from '../discord-http/rest.ts';
import type { ReplyTarget } from '../domain.ts';

/** What a message in a channel needs of the bot: View Channel, Send Messages, Embed Links, Attach Files. */
const NEEDED_PERMISSIONS = (1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n);

/** Writes to one reply's message, by whatever still reaches it, and knows what became of it. */
export class ReplyWriter {
  readonly #target: ReplyTarget;
  readonly #rest: ReplyRest;
  readonly #now: () => number;
  /** Set for good when Discord says so, which may be before the clock does. */
  #isTokenDead = false;
  #messageId: string | null;
  #isPrivate: boolean;

  constructor(target: ReplyTarget, { rest, now }: { rest: ReplyRest; now: () => number }) {
    this.#target = target;
    this.#rest = rest;
    this.#now = now;
    this.#messageId = target.messageId;
    this.#isPrivate = target.ephemeral;
  }

  /** null until an answer told it. */
  get messageId(): string | null {
    return this.#messageId;
  }

  /** Whether its person alone sees the message. */
  get isPrivate(): boolean {
    return this.#isPrivate;
  }

  /**
   * Takes over what Discord's answer says of the message.
   *
   * @returns the message's id where that is another one than before; else null.
   */
  note({ message }: Sent): string | null {
    const { id, flags = 0 } = message ?? {};
    // A person without Use External Apps gets in private what was asked for in public.
    if (flags & MessageFlags.Ephemeral) this.#isPrivate = true;
    if (id === undefined || id === this.#messageId) return null;
    this.#messageId = id;
    return id;
  }

  /**
   * By the interaction's token while it lives, through the channel after that.
   *
   * @throws ReplyError `expired` also where the message is not in its channel: nothing is left to
   *   edit, but `writeFinal` may post.
   */
  edit(body: EditBody, uploads?: readonly Upload[]): Promise<Sent> {
    return this.#write(body, uploads, undefined, () => {
      throw unwritable('the token is dead, the message is not in its channel');
    });
  }

  /**
   * The last state: as `edit`; and where the token is dead and the message gone, as a new message,
   * which a repetition does not post twice.
   *
   * @param options.nonce At most 25 characters.
   * @param options.signal Ends an upload under way.
   */
  writeFinal(
    body: EditBody,
    uploads: readonly Upload[],
    { nonce, signal }: { nonce: string; signal?: AbortSignal | undefined },
  ): Promise<Sent> {
    return this.#write(body, uploads, signal, (channelId) => {
      const anew = withoutLostFiles(body, uploads);
      return this.#rest.postInChannel({ channelId, nonce }, anew, uploads, signal);
    });
  }

  /** Whether anything could still be shown. */
  isReachable(): boolean {
    return this.isTokenAlive() || this.outlivesToken();
  }

  /** Whether the interaction's token still works, as far as is known. */
  isTokenAlive(): boolean {
    return !this.#isTokenDead && this.#now() < this.#target.tokenExpiresAt;
  }

  /** Whether the message can be written when the token has died. */
  outlivesToken(): boolean {
    return this.#openChannel() !== null;
  }

  /** The channel, where the bot itself may write in it; nobody but the token reaches a private reply. */
  #openChannel(): string | null {
    const { guildId, appPermissions, installContext, channelId } = this.#target;
    const mayWrite =
      guildId === null || (BigInt(appPermissions) & NEEDED_PERMISSIONS) === NEEDED_PERMISSIONS;
    return !this.#isPrivate && installContext === 'guild' && mayWrite ? channelId : null;
  }

  /**
   * By the token; from its death on, and for the write that found it, through the channel.
   *
   * @param whenLost What to do where the message is not in its channel, or was never known.
   */
  async #write(
    body: EditBody,
    uploads: readonly Upload[] | undefined,
    signal: AbortSignal | undefined,
    whenLost: (channelId: string) => Promise<Sent>,
  ): Promise<Sent> {
    if (this.isTokenAlive()) {
      try {
        return await this.#rest.editOriginal(this.#target, body, uploads, signal);
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
        // What is forbidden to the token may be open to the bot itself.
        if (isForbidden(error) && !this.outlivesToken()) throw error;
        if (error.kind !== 'expired' && !isForbidden(error)) throw error;
        this.#isTokenDead ||= error.kind === 'expired';
      }
    }
    const channelId = this.#openChannel();
    if (channelId === null) throw unwritable('the token is dead, the channel is closed');
    const messageId = this.#messageId;
    if (messageId === null) return await whenLost(channelId);
    try {
      return await this.#rest.editInChannel({ channelId, messageId }, body, uploads, signal);
    } catch (error) {
      if (!(error instanceof ReplyError && error.kind === 'gone')) throw error;
      return await whenLost(channelId);
    }
  }
}

/** The body for a new message: files that were in the lost one went with it. */
function withoutLostFiles(body: EditBody, uploads: readonly Upload[]): EditBody {
  const { attachments, embeds } = body;
  const isLost = (url: string | undefined) =>
    url?.startsWith('attachment://') && !uploads.some(({ name }) => url === `attachment://${name}`);
  return {
    ...body,
    // A file that comes along has its number for an id, one that was there Discord's own.
    ...(attachments && {
      attachments: attachments.filter(({ id }) => Number(id) < uploads.length),
    }),
    ...(embeds && {
      embeds: embeds.flatMap(({ image, ...embed }) => {
        if (!isLost(image?.url)) return [image ? { ...embed, image } : embed];
        // One that only showed the picture would be empty.
        return embed.description ? [embed] : [];
      }),
    }),
  };
}

/** For a write that is known to be in vain, so that it is never sent. */
function unwritable(message: string): ReplyError {
  const route = '/channels/:channel/messages/:message';
  return new ReplyError('expired', { message, method: 'PATCH', route });
}
