import {
  type APIInteractionResponse,
  DefaultRestOptions,
  DiscordAPIError,
  InteractionResponseType,
  MessageFlags,
  REST,
  type RESTOptions,
  type RepliableInteraction,
  type ResponseLike,
  Routes,
} from 'discord.js';
import { retry } from '../async/retry.ts';
import type { Acknowledgement } from './handlers.ts';

/** Tells Discord that an interaction is taken care of. Throws what the library throws. */
export type Acknowledge = (
  interaction: Pick<RepliableInteraction, 'id' | 'token'>,
  acknowledgement: Acknowledgement,
) => Promise<void>;

/** How often it is sent when the line breaks under it; Discord waits 3 s in all. */
const ATTEMPTS = 3;
const TIMEOUT_MS = 2_500;
/** How long a first answer waits for a write to the store. */
export const STORE_WRITE_TIMEOUT_MS = 100;
/** "Interaction has already been acknowledged." */
const ALREADY_ACKNOWLEDGED = 40_060;

const RESPONSES: Record<Acknowledgement, APIInteractionResponse> = {
  public: { type: InteractionResponseType.DeferredChannelMessageWithSource },
  private: {
    type: InteractionResponseType.DeferredChannelMessageWithSource,
    data: { flags: MessageFlags.Ephemeral },
  },
  update: { type: InteractionResponseType.DeferredMessageUpdate },
};

/** More than Discord has to say to a first answer; what is longer is not waited for. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * The library's way of making requests, but for one thing: that Discord took the first answer to an
 * interaction is told by the status alone. The library reads the body as well and throws where it
 * announces JSON and is none, as an empty one.
 */
export const takeAnyAcknowledgement: RESTOptions['makeRequest'] = async (url, init) => {
  const response = await DefaultRestOptions.makeRequest(url, init);
  if (!response.ok || !/\/interactions\/[^/]+\/[^/]+\/callback(\?|$)/.test(url)) return response;
  // Read to its end, so that the connection can be used again; nobody waits for it.
  discard(response.body).catch(() => {});
  const headers = new Headers(response.headers);
  headers.delete('content-type');
  return new Response(null, { status: 204, headers });
};

async function discard(body: ResponseLike['body']): Promise<void> {
  let left = MAX_ANSWER_BYTES;
  for await (const chunk of body ?? []) {
    left -= chunk.length;
    if (left < 0) return;
  }
}

/**
 * Acknowledges by a REST of its own, because the retries must be ours: without an acknowledgement
 * the person reads that the application did not respond, so it is sent once more when the
 * connection breaks. Where the first one did arrive after all, Discord says so to the second, and
 * that is as good; said to the first, it means that another process with the same token was
 * faster, and that one does the work.
 */
export function createAcknowledge(options: {
  apiUrl: string;
  /** Gets the REST before its first request, to listen to it. */
  onRest?: (rest: REST) => void;
}): Acknowledge {
  const rest = new REST({
    api: options.apiUrl,
    retries: 0,
    timeout: TIMEOUT_MS,
    makeRequest: takeAnyAcknowledgement,
  });
  options.onRest?.(rest);

  return async ({ id, token }, acknowledgement) => {
    const request = { auth: false, body: RESPONSES[acknowledgement] };
    const post = async (attempt: number) => {
      try {
        await rest.post(Routes.interactionCallback(id, token), request);
      } catch (error) {
        const isTaken = error instanceof DiscordAPIError && error.code === ALREADY_ACKNOWLEDGED;
        if (!isTaken || attempt === 1) throw error;
      }
    };
    await retry(post, (error, attempt) =>
      error instanceof DiscordAPIError || attempt === ATTEMPTS ? null : 0,
    );
  };
}
