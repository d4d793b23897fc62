import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReplyRest } from '../../src/discord-http/rest.ts';
import type { GenerationRequest, ImageFile, ReplyTarget } from '../../src/domain.ts';
import type { LiveReply, ReplySlot } from '../../src/generation/live-reply.ts';
import { createLiveReplies, type ReplyDeps } from '../../src/reply/reply.ts';
import { english } from '../../src/texts/english.ts';
import { sampleSubject, sampleTarget, silentLog } from '../support/samples.ts';
import { heldTimers } from '../support/timers.ts';
import { startWebhookServer } from '../support/webhook-server.ts';

export const NOW = 1_800_000_000_000;

/** A channel in which the bot itself may write. */
export const OPEN_CHANNEL = {
  appPermissions: String((1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n)),
};

/** The id of `sampleSubject`, `sampleDone` and `sampleWorking`. */
const SAMPLE_ID = 'abc123def456';

export interface OpenOptions {
  target?: Partial<ReplyTarget>;
  /** The generations, and how they ended; one that has not when left out. */
  slots?: Record<string, ReplySlot['end']>;
  request?: GenerationRequest;
  deps?: Partial<ReplyDeps>;
}

export type ReplyHarness = Awaited<ReturnType<typeof startReplyHarness>>;

/** Replies against a server that stands in for Discord, by timers that a test moves. */
export async function startReplyHarness() {
  const discord = await startWebhookServer();
  const timers = heldTimers(NOW);
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-reply-'));
  const image: ImageFile = {
    path: join(folder, 'a.png'),
    bytes: 8,
    mime: 'image/png',
    width: 32,
    height: 32,
  };
  await writeFile(image.path, 'darkroom');
  const rest = new ReplyRest({ apiUrl: discord.apiUrl, botToken: 'bot-token' });
  return {
    discord,
    timers,
    folder,
    image,
    rest,
    /** Opens a reply; `live` is that of its first generation when called without an id. */
    open({ target: change, slots = { [SAMPLE_ID]: null }, request, deps }: OpenOptions = {}) {
      const target = Object.freeze(sampleTarget({ tokenExpiresAt: NOW + 900_000, ...change }));
      const noted: [messageId: string, isPrivate: boolean][] = [];
      const lives = createLiveReplies({
        rest,
        fitter: { fit: async (picture) => ({ image: picture, reencoded: null }) },
        spool: { remove: async () => {} },
        log: silentLog,
        texts: english,
        now: timers.now,
        timers,
        ...deps,
      })(
        target,
        Object.entries(slots).map(([id, end]) => ({
          subject: sampleSubject({ id, ...(request && { request }) }),
          end,
        })),
        (...message) => noted.push(message),
      );
      const [first = ''] = lives.keys();
      return { live: (id = first) => lives.get(id) as LiveReply, target, noted };
    },
    async close() {
      await discord.close();
      await rm(folder, { recursive: true });
    },
  };
}
