import { buttonsOf, sendCommand, watchReply } from '@darkroom/sandbox';
import type { InteractionHandle, LocalDiscord } from '@darkroom/sandbox/discord';

/** One thing that a member does, and how often among the others. */
interface LoadAction {
  weight: number;
  line: string;
  /** Attaches a photograph to that option. */
  attach?: string;
  /** Clicks Cancel as soon as it is offered. */
  cancels?: boolean;
}

/** Every kind of picture and of trouble, about as a busy community has them. */
export const LOAD_ACTIONS: readonly LoadAction[] = [
  { weight: 30, line: '/imagine prompt:"P"' },
  { weight: 14, line: '/imagine prompt:"P" size:2K model:Pro ratio:16:9' },
  { weight: 6, line: '/imagine prompt:"P [[draft]]" size:2K' },
  { weight: 5, line: '/imagine prompt:"P [[bytes:12MB]]" model:Pro' },
  { weight: 3, line: '/imagine prompt:"P [[signature]]" model:Pro' },
  { weight: 2, line: '/imagine prompt:"P [[huge]]" size:2K model:Pro' },
  { weight: 1, line: '/imagine prompt:"P [[grain]]" size:4K model:Pro' },
  { weight: 12, line: '/edit instruction:"P"', attach: 'image' },
  { weight: 6, line: '/imagine prompt:"P" private:true', attach: 'reference' },
  { weight: 4, line: '/imagine prompt:"P [[busy:1]]"' },
  { weight: 3, line: '/imagine prompt:"P [[cut]]"' },
  { weight: 4, line: '/imagine prompt:"P [[refuse]]"' },
  { weight: 3, line: '/imagine prompt:"P [[text-only]]"' },
  { weight: 3, line: '/imagine prompt:"P [[slow:5]]"', cancels: true },
  { weight: 4, line: '/history' },
];

const REPLY_WITHIN_MS = 180_000;

export interface LoadOptions {
  discord: LocalDiscord;
  /** A file that people attach. */
  photo: string;
  /** People who ask at once; each waits for an answer before the next request. */
  people: number;
  /** Epoch milliseconds. */
  until: number;
}

export interface LoadResult {
  asked: number;
  pictures: number;
  /** Ends without a picture, by kind. */
  without: Record<string, number>;
  /** Replies that came to no end: always a fault. */
  unfinished: number;
}

/**
 * Has people ask for one thing after the other until the time is up, and waits for every answer.
 * Counts into `result` as it goes.
 */
export async function runLoad(options: LoadOptions, result: LoadResult): Promise<void> {
  const sequence = spreadActions();
  await Promise.all(
    Array.from({ length: options.people }, async () => {
      while (Date.now() < options.until) {
        const action = sequence[result.asked % sequence.length];
        result.asked += 1;
        if (action !== undefined) await act(action, result, options);
      }
    }),
  );
}

async function act(
  { line, attach, cancels }: LoadAction,
  result: LoadResult,
  { discord, photo }: LoadOptions,
): Promise<void> {
  const { people, places } = discord.world;
  const users = [people.owner, people.moderator, people.member, people.otherMember];
  const number = result.asked;
  const userId = users[number % users.length]?.id ?? people.member.id;
  const actor = { userId, channelId: places.studioGeneral.id, label: '' };
  const files = attach === undefined ? {} : { [attach]: photo };
  const said = line.replace('P', `picture ${number} of a long day`);
  const handle = await sendCommand(discord, actor, said, files);
  const ended = new AbortController();
  const cancelling = cancels === true ? cancel(handle, userId, discord, ended.signal) : null;
  const { ok, kind, footer } = await watchReply(discord, handle, { timeoutMs: REPLY_WITHIN_MS });
  ended.abort();
  // Where the reply ended first there was nothing left to click.
  await cancelling?.catch(() => {});
  if (ok) result.pictures += 1;
  else if (line.startsWith('/history')) return;
  else if (footer === null) result.unfinished += 1;
  else result.without[kind ?? 'unknown'] = (result.without[kind ?? 'unknown'] ?? 0) + 1;
}

async function cancel(
  handle: InteractionHandle,
  userId: string,
  discord: LocalDiscord,
  signal: AbortSignal,
): Promise<void> {
  const look = () => {
    const message = handle.response();
    const button = message && buttonsOf(message).find(({ label }) => label === 'Cancel');
    return button?.customId == null ? null : { message, customId: button.customId };
  };
  const { message, customId } = await handle.when(look, { signal });
  if (message === null) return;
  await discord.interact({ kind: 'button', messageId: message.id, customId, userId });
}

/** Each action as often as its weight says, spread evenly: the same order every time. */
function spreadActions(): LoadAction[] {
  return LOAD_ACTIONS.flatMap((action) =>
    Array.from({ length: action.weight }, (_, index) => ({
      action,
      at: (index + 0.5) / action.weight,
    })),
  )
    .sort((a, b) => a.at - b.at)
    .map(({ action }) => action);
}
