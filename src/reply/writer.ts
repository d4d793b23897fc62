import type { ReplyTarget } from '../domain.ts';
import { ReplyError } from './reply-error.ts';
import type { EditBody, ReplyRest, Sent, Upload } from './rest.ts';

/** Writes to one reply's message, by whatever still reaches it. */
export interface ReplyWriter {
  /** By the interaction's token while it lives, through the channel after that. */
  edit(body: EditBody, uploads?: readonly Upload[]): Promise<Sent>;
  /**
   * The last state: as `edit`; and where the token is dead and the message gone, as a new message,
   * which a repetition does not post twice.
   */
  finish(body: EditBody, uploads: readonly Upload[], nonce: string): Promise<Sent>;
  /** Whether anything could still be shown. */
  isReachable(): boolean;
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
        if (!(error instanceof ReplyError && error.kind === 'expired')) throw error;
        tokenDead = true;
      }
    }
    const channelId = openChannel();
    if (channelId === null) {
      throw new ReplyError('expired', {
        message: 'the token is dead and the channel is not open to the bot',
        method: 'PATCH',
        route: '/channels/:channel/messages/:message',
      });
    }
    return await byChannel(channelId);
  }

  function editInChannel(
    channelId: string,
    body: EditBody,
    uploads?: readonly Upload[],
  ): Promise<Sent> {
    const { messageId } = target;
    if (messageId === null) {
      throw new ReplyError('gone', {
        message: 'the message was never known',
        method: 'PATCH',
        route: '/channels/:channel/messages/:message',
      });
    }
    return deps.rest.editInChannel({ channelId, messageId }, body, uploads);
  }

  return {
    edit: (body, uploads) =>
      write(
        () => deps.rest.editOriginal(target, body, uploads),
        async (channelId) => await editInChannel(channelId, body, uploads),
      ),
    finish: (body, uploads, nonce) =>
      write(
        () => deps.rest.editOriginal(target, body, uploads),
        async (channelId) => {
          try {
            return await editInChannel(channelId, body, uploads);
          } catch (error) {
            if (!(error instanceof ReplyError && error.kind === 'gone')) throw error;
            return await deps.rest.postInChannel({ channelId, nonce }, body, uploads);
          }
        },
      ),
    isReachable: () => isTokenAlive() || openChannel() !== null,
  };
}
