import type { BotDescription } from './bot.ts';
import { DARKROOM } from './darkroom.ts';
import type {
  Attachment,
  InteractionHandle,
  LocalDiscord,
  Message,
} from './discord/local-discord.ts';
import { isLoading, renderMessage } from './render.ts';

/** How a reply ended, as far as a person can see. */
export interface Settled {
  /** Whether a picture came. */
  ok: boolean;
  /** The failure's kind by the bot's description, else `unknown`; null when a picture came. */
  kind: string | null;
  footer: string | null;
  message: Message | null;
  files: Attachment[];
  /** The text of every state that the reply went through, the last one included. */
  states: string[];
}

export interface WatchOptions {
  timeoutMs: number;
  /** Whose reply it is, for how its end looks; Darkroom's when left out. */
  description?: BotDescription;
  signal?: AbortSignal;
  /** Called with each new state, and the message that shows it where there is one. */
  onState?: (text: string, message: Message | null) => void;
}

/** Follows a reply until it looks finished, or the time is up. Never rejects but for the signal. */
export async function watchReply(
  discord: LocalDiscord,
  handle: InteractionHandle,
  { timeoutMs, description = DARKROOM, signal, onState = () => {} }: WatchOptions,
): Promise<Settled> {
  const states: string[] = [];
  const show = (text: string, message: Message | null): void => {
    if (states.at(-1) === text) return;
    states.push(text);
    onState(text, message);
  };
  const failed = (kind: string, text: string): Settled => {
    show(text, null);
    return { ok: false, kind, footer: null, message: null, files: [], states };
  };

  const look = (): Settled | null => {
    // A refusal may delete the public reply and answer in a follow-up.
    const message = handle.response() ?? handle.followups().at(-1) ?? null;
    if (message === null) return null;
    const files = discord.filesOf(message.id);
    show(renderMessage(message, files), message);
    if (isLoading(message) || description.isUnfinished?.(message) === true) return null;
    const ok = files.some((file) => file.content_type?.startsWith('image/'));
    const footer = message.embeds.findLast((embed) => embed.footer)?.footer?.text ?? null;
    const kind = ok ? null : (description.failureKind?.(footer ?? '') ?? 'unknown');
    return { ok, kind, footer, message, files, states };
  };

  const time = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? time : AbortSignal.any([signal, time]);
  const unanswered = handle.acknowledged.then(
    () => new Promise<never>(() => {}),
    () => failed('unknown', 'The application did not respond'),
  );
  try {
    return await Promise.race([handle.when(look, { signal: either }), unanswered]);
  } catch (error) {
    if (!time.aborted || signal?.aborted) throw error;
    return failed('unknown', `The reply is not finished after ${timeoutMs / 1_000} s`);
  }
}
