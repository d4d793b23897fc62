import { isForbidden, ReplyError } from '../discord-http/errors.ts';
import type { EditBody, ReplyRest, Sent, Upload } from '../discord-http/rest.ts';
import type { ReplyTarget } from '../domain.ts';

/** Writes to one reply's message, by whatever still reaches it. */
export interface ReplyWriter {
  /**
   * By the interaction's token while it lives, through the channel after that. A message that is
   * not there in the channel counts as `expired`: nothing is left to edit, but `finish` may post.
   */
  edit(body: EditBody, uploads?: readonly Upload[]): Promise<Sent>;
  /**
   * The last state: as `edit`; and where the token is dead and the message gone, as a new message,
   * which a repetition does not post twice.
   */
  finish(body: EditBody, uploads: readonly Upload[], options: FinishOptions): Promise<Sent>;
  /** Whether anything could still be shown. */
  isReachable(): boolean;
  /** Whether the interaction's token still works, as far as is known. */
  isTokenAlive(): boolean;
  /** Whether the message can be written when the token has died. */
  outlivesToken(): boolean;
}

export interface FinishOptions {
  /** At most 25 characters. */
  nonce: string;
  /** Ends an upload under way. */
  signal?: AbortSignal;
}

/** What a message in a channel needs of the bot: View Channel, Send Messages, Embed Links, Attach Files. */
const NEEDED_PERMISSIONS = (1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n);

export function createReplyWriter(
  target: ReplyTarget,
  deps: { rest: ReplyRest; now: () => number },
): ReplyWriter {
  let tokenDead = false;

  const isTokenAlive = () => !tokenDead && deps.now() < target.tokenExpiresAt;

  /** The channel, where the bot itself may write in it; nobody but the token reaches a private reply. */
  function openChannel(): string | null {
    const mayWrite =
      target.guildId === null ||
      (BigInt(target.appPermissions) & NEEDED_PERMISSIONS) === NEEDED_PERMISSIONS;
    const isOpen = !target.ephemeral && target.installContext === 'guild' && mayWrite;
    return isOpen ? target.channelId : null;
  }

  /** Runs `byToken`; from the token's death on, and for the write that found it, `byChannel`. */
  async function write(
    byToken: () => Promise<Sent>,
    byChannel: (channelId: string) => Promise<Sent>,
  ): Promise<Sent> {
    if (isTokenAlive()) {
      try {
        return await byToken();
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
        // What is forbidden to the token may be open to the bot itself.
        if (isForbidden(error) && openChannel() === null) throw error;
        if (error.kind !== 'expired' && !isForbidden(error)) throw error;
        tokenDead ||= error.kind === 'expired';
      }
    }
    const channelId = openChannel();
    if (channelId === null) throw unwritable('expired', 'the token is dead, the channel is closed');
    return await byChannel(channelId);
  }

  /** Throws ReplyError `gone` also where the message was never known. */
  async function editInChannel(
    channelId: string,
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent> {
    const { messageId } = target;
    if (messageId === null) throw unwritable('gone', 'the message was never known');
    return await deps.rest.editInChannel({ channelId, messageId }, body, uploads, signal);
  }

  return {
    edit: (body, uploads) =>
      write(
        () => deps.rest.editOriginal(target, body, uploads),
        async (channelId) => {
          try {
            return await editInChannel(channelId, body, uploads);
          } catch (error) {
            if (!isGone(error)) throw error;
            throw unwritable('expired', 'the token is dead, the message is not in its channel');
          }
        },
      ),
    finish: (body, uploads, { nonce, signal }) =>
      write(
        () => deps.rest.editOriginal(target, body, uploads, signal),
        async (channelId) => {
          try {
            return await editInChannel(channelId, body, uploads, signal);
          } catch (error) {
            if (!isGone(error)) throw error;
            const anew = withoutLost(body, uploads);
            return await deps.rest.postInChannel({ channelId, nonce }, anew, uploads, signal);
          }
        },
      ),
    isReachable: () => isTokenAlive() || openChannel() !== null,
    isTokenAlive,
    outlivesToken: () => openChannel() !== null,
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ReplyError && error.kind === 'gone';
}

/** The body for a new message: files that were in the lost one went with it. */
function withoutLost(body: EditBody, uploads: readonly Upload[]): EditBody {
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
function unwritable(kind: 'gone' | 'expired', message: string): ReplyError {
  return new ReplyError(kind, {
    message,
    method: 'PATCH',
    route: '/channels/:channel/messages/:message',
  });
}
