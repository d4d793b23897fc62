import { type RunningBot, startBot } from './bot.ts';
import { imagine, waitForReply } from './command.ts';

const MIB = 1_048_576;
const PICTURES = 40;
const LIMITS_MIB = [8, 10, 20] as const;

export interface Sizes {
  pictures: number;
  /** Under every one of the limits. */
  delivered: number;
  /** Delivered under every limit in a version as good as it can be; see `isGood`. */
  good: number;
  /** How many of the replies show fewer pixels than were made. */
  shrunk: number;
  replies: number;
}

/** Pictures of 1–40 MB, grainy and of all sizes, each under limits of 8, 10 and 20 MiB. */
export async function measureSizes(say: (line: string) => void): Promise<Sizes> {
  const bot = await startBot({});
  const totals = { delivered: 0, good: 0, shrunk: 0 };
  try {
    for (let megabytes = 1; megabytes <= PICTURES; megabytes++) {
      const ends: Awaited<ReturnType<typeof deliverOne>>[] = [];
      for (const limit of LIMITS_MIB) ends.push(await deliverOne(bot, megabytes, limit * MIB));
      totals.delivered += Number(ends.every(({ isDelivered }) => isDelivered));
      totals.good += Number(ends.every(({ isGood }) => isGood));
      totals.shrunk += ends.filter(({ isShrunk }) => isShrunk).length;
      say(`  ${megabytes} MB: ${ends.map(({ words }) => words).join(' | ')}`);
    }
  } finally {
    await bot.close();
  }
  return { pictures: PICTURES, ...totals, replies: PICTURES * LIMITS_MIB.length };
}

/** Grain, which is the hardest to fit: 2, 10 and 40 MB at the three sizes; padding does the rest. */
function sizeFor(megabytes: number): string {
  if (megabytes < 10) return '1K';
  return megabytes < 20 ? '2K' : '4K';
}

async function deliverOne(bot: RunningBot, megabytes: number, limitBytes: number) {
  bot.discord.controls.set({ attachmentSizeLimit: limitBytes });
  const size = sizeFor(megabytes);
  const prompt = `picture ${megabytes} [[grain]] [[bytes:${megabytes}MB]]`;
  const reply = await waitForReply(bot, await imagine(bot, { prompt, size }));
  const [file] = reply.files;
  const footer = reply.footer ?? '';
  const quality = Number(/sent as \w+ (\d+)/.exec(footer)?.[1] ?? 100);
  const isShrunk = /sent as \w+ \d+ \(/.test(footer);
  const bytes = file?.size ?? 0;
  // As it was made; or a quality of 95; or at least 70 % of the limit, the pixels kept but where
  // the quality would have had to fall below 80.
  const isFull = quality >= 95 || bytes >= 0.7 * limitBytes;
  const isGood =
    reply.ok && bytes <= limitBytes && isFull && quality >= 80 && (!isShrunk || quality === 80);
  const words = `${(bytes / 1e6).toFixed(1)} MB${quality < 100 ? ` q${quality}` : ''}${isShrunk ? ' shrunk' : ''}`;
  return { isDelivered: reply.ok, isGood, isShrunk, words };
}
