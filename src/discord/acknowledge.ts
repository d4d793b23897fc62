import {
  type APIInteractionResponse,
  DiscordAPIError,
  InteractionResponseType,
  MessageFlags,
  REST,
  type RepliableInteraction,
  Routes,
} from 'discord.js';
import type { Acknowledgement } from './handlers.ts';

/** Tells Discord that an interaction is taken care of. Throws what the library throws. */
export type Acknowledge = (
  interaction: Pick<RepliableInteraction, 'id' | 'token'>,
  acknowledgement: Acknowledgement,
) => Promise<void>;

/** How often it is sent when the line breaks under it; Discord waits 3 s in all. */
const ATTEMPTS = 3;
const TIMEOUT_MS = 2_500;
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
  const rest = new REST({ api: options.apiUrl, retries: 0, timeout: TIMEOUT_MS });
  options.onRest?.(rest);

  return async ({ id, token }, acknowledgement) => {
    for (let attempt = 1; ; attempt++) {
      try {
        await rest.post(Routes.interactionCallback(id, token), {
          auth: false,
          body: RESPONSES[acknowledgement],
        });
        return;
      } catch (error) {
        const isAnswer = error instanceof DiscordAPIError;
        if (isAnswer && attempt > 1 && error.code === ALREADY_ACKNOWLEDGED) return;
        if (isAnswer || attempt === ATTEMPTS) throw error;
      }
    }
  };
}
