import { median } from '../statistics.ts';
import { startBot } from './bot.ts';
import { imagine, waitForReply } from './command.ts';

export interface LastByte {
  /** Median and worst of the milliseconds from the last byte to the final edit's request. */
  lastByteToFinalEditMs: number;
  worstMs: number;
}

/** Half of a person's pace: some thoughts, two drafts, then the picture, one right after the other. */
const PACE = 0.4;

/**
 * From the later of the model's last byte and the answer to the edit in flight, to the arrival of
 * the final edit's request; both by the records of the local servers. Rate limits are as Discord's.
 */
export async function measureLastByte(runs: number): Promise<LastByte> {
  const bot = await startBot({});
  try {
    await waitForReply(bot, await imagine(bot, { prompt: 'a warm-up' }));
    bot.setPace(PACE);
    const delays: number[] = [];
    for (let run = 0; run < runs; run++) {
      const handle = await imagine(bot, { prompt: `thoughts ${run} [[draft]] [[bytes:2MB]]` });
      await waitForReply(bot, handle);
      // A record is written when its connection is done with it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const edits = bot.discord.requests.filter(
        ({ interactionId, method }) => interactionId === handle.id && method === 'PATCH',
      );
      const last = edits.at(-1);
      const before = edits.at(-2);
      const finishedAt = bot.answered.at(-1)?.finishedAt;
      if (last === undefined || finishedAt == null) throw new Error('a record is missing');
      const inFlightUntil = before === undefined ? 0 : before.at + before.ms;
      delays.push(Math.max(0, last.at - Math.max(finishedAt, inFlightUntil)));
    }
    return { lastByteToFinalEditMs: median(delays), worstMs: Math.max(...delays) };
  } finally {
    await bot.close();
  }
}
