import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import { type ProcessFigures, startBot } from './bot.ts';
import { imagine, waitForReply } from './command.ts';

const PICTURES = 50;
const PICTURE = '19MB';
const UPLOAD_LIMIT = 20 * 1_048_576;
/** How often somebody else gives a command meanwhile. */
const COMMAND_EVERY_MS = 100;

export interface ConcurrentFigures extends ProcessFigures {
  pictures: number;
  delivered: number;
  ackP99Ms: number;
  acks: number;
  seconds: number;
}

/**
 * 50 pictures of 19 MB at once under a limit of 20 MiB, two of them rate-limited at their end,
 * while others give commands that must be acknowledged.
 */
export async function measureConcurrent(
  env: Record<string, string> = {},
): Promise<ConcurrentFigures> {
  const bot = await startBot({ env: { MAX_CONCURRENT: String(PICTURES), ...env } });
  try {
    const { discord } = bot;
    discord.controls.set({ attachmentSizeLimit: UPLOAD_LIMIT });
    // The loading of code and its first compilation are not what is asked about.
    await waitForReply(bot, await imagine(bot, { prompt: 'a warm-up [[bytes:1MB]]' }));
    const began = Date.now();
    const handles = await Promise.all(
      Array.from({ length: PICTURES }, (_, index) =>
        imagine(bot, { prompt: `picture ${index} [[bytes:${PICTURE}]]` }),
      ),
    );
    for (const { id } of handles.slice(0, 2)) {
      const effect = { kind: 'rate-limit', retryAfterMs: 3_000 } as const;
      discord.controls.injectFault({ match: { interactionId: id, upload: true }, effect });
    }
    const replies = Promise.all(handles.map((handle) => waitForReply(bot, handle)));
    const acks: number[] = [];
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        const handle = await imagine(bot, { prompt: 'declined [[refuse]]', model: 'pro' });
        acks.push(
          await handle.acknowledged.then(
            ({ afterMs }) => afterMs,
            () => Number.POSITIVE_INFINITY,
          ),
        );
        await delay(COMMAND_EVERY_MS);
      }
    })();
    const ends = await replies;
    isOver = true;
    const seconds = (Date.now() - began) / 1_000;
    await others;
    return {
      pictures: PICTURES,
      delivered: ends.filter(({ ok }) => ok).length,
      ackP99Ms: percentile(acks, 0.99),
      acks: acks.length,
      ...(await bot.watched(began)),
      seconds,
    };
  } finally {
    await bot.close();
  }
}
