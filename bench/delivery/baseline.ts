import { median } from '../statistics.ts';
import { startBot } from './bot.ts';
import { imagine, waitForReply } from './command.ts';

const PICTURE = '12MB';

/** One bot's way with the picture: medians over the runs, the highest memory over all. */
export interface BotFigures {
  /** From the command to the finished reply. */
  ms: number;
  peakRssMb: number;
  longestPauseMs: number;
  longestWorkMs: number;
}

/**
 * The same command and the same 12 MB picture through discord.js's usual
 * `editReply({ files: [buffer] })`, and through Darkroom.
 */
export async function measureBaseline(
  runs: number,
): Promise<{ darkroom: BotFigures; discordJs: BotFigures }> {
  return {
    darkroom: await measureBot(runs, undefined),
    discordJs: await measureBot(runs, new URL('./baseline-bot.ts', import.meta.url)),
  };
}

async function measureBot(runs: number, script: URL | undefined): Promise<BotFigures> {
  const bot = await startBot(script === undefined ? {} : { script });
  try {
    bot.discord.controls.set({ attachmentSizeLimit: 20 * 1_048_576 });
    // The loading of code and its first compilation are not what is asked about.
    await waitForReply(bot, await imagine(bot, { prompt: 'a warm-up [[bytes:1MB]]' }));
    const times: number[] = [];
    const pauses: number[] = [];
    const works: number[] = [];
    let peakRssMb = 0;
    for (let run = 0; run < runs; run++) {
      const began = Date.now();
      const handle = await imagine(bot, { prompt: `picture ${run} [[bytes:${PICTURE}]]` });
      const { ok } = await waitForReply(bot, handle);
      if (!ok) throw new Error('no picture came');
      times.push(Date.now() - began);
      const watched = await bot.watched(began);
      pauses.push(watched.longestPauseMs);
      works.push(watched.longestWorkMs);
      peakRssMb = watched.peakRssMb;
    }
    return {
      ms: median(times),
      peakRssMb,
      longestPauseMs: median(pauses),
      longestWorkMs: median(works),
    };
  } finally {
    await bot.close();
  }
}
