import { isForbidden, isTransient, type ReplyError } from '../discord-http/errors.ts';
import type { EditBody } from '../discord-http/rest.ts';
import type { FailedState, Subject, WorkingState } from '../generation/live-reply.ts';
import type { Texts } from '../texts/english.ts';

/**
 * How much a message says, from all to nearly nothing. A server's AutoMod and Discord's own filters
 * refuse a message for its words; what was refused is never sent again as it was.
 *
 * - `full`: with the words of the person and of the model
 * - `plain`: none of those; only sentences of our own
 * - `bare`: nothing but where to look, the reference and the files
 */
export type Plainness = 'full' | 'plain' | 'bare';

const PLAINER: Record<Plainness, Plainness | null> = { full: 'plain', plain: 'bare', bare: null };

/** How plain one message has become, for all its writes together. */
export class Wording {
  #plainness: Plainness = 'full';

  get plainness(): Plainness {
    return this.#plainness;
  }

  /** To be called when Discord refused a message of the current plainness; false for the barest. */
  makePlainer(): boolean {
    const next = PLAINER[this.#plainness];
    this.#plainness = next ?? this.#plainness;
    return next !== null;
  }
}

/** "Message blocked", "Title blocked" (AutoMod), and "blocked by harmful links filter". */
const BLOCKED_WORDS = new Set<number | string | null>([200_000, 200_001, 240_000]);

/** Whether Discord says that it is the words which it does not take. */
export function blocksWords({ code }: ReplyError): boolean {
  return BLOCKED_WORDS.has(code);
}

/** "Explicit content" and "Invalid file uploaded": other words would be refused as well. */
const BLOCKED_FILES = new Set<number | string | null>([20_009, 50_046]);

/**
 * Whether a plainer message may be taken where this one was refused. Which of its parts is at fault
 * is not always said: 50035 may name a field, and any filter may be new.
 */
export function mayHelpPlainer(error: ReplyError): boolean {
  const isRefusal = error.kind === 'rejected' || error.kind === 'too_large';
  return isRefusal && !isTransient(error) && !isForbidden(error) && !BLOCKED_FILES.has(error.code);
}

/** A subject without what its person wrote; `wasBlocked` has the message say why. */
export function withoutPrompt<State extends Subject>(state: State): State {
  return { ...state, request: { ...state.request, prompt: '' }, wasBlocked: true };
}

/** The same, and without what the model thought. */
export function withoutThoughts(state: WorkingState): WorkingState {
  return { ...withoutPrompt(state), thought: null };
}

/** A failure in our own words alone: no prompt, no file's name, nothing that the model said. */
export function withoutQuotes({ id, subject, failure }: FailedState): FailedState {
  return { id, subject: subject && withoutPrompt(subject), failure, hidesDetails: true };
}

/** What is left of a plain message: its pictures, where to look, and the reference. */
export function bareBody(body: EditBody, id: string, texts: Texts): EditBody {
  return {
    ...body,
    content: texts.bare(id),
    embeds: (body.embeds ?? []).flatMap(({ url, image }) =>
      image ? [{ ...(url && { url }), image }] : [],
    ),
    components: [],
    ...(body.attachments && {
      // What the message has already keeps its alt text unless it gets another.
      attachments: body.attachments.map(({ description: _, ...file }) =>
        file.filename === undefined ? { ...file, description: '' } : file,
      ),
    }),
  };
}
