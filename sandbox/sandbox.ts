import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BotDescription } from './bot.ts';
import { type BotProcess, startBotProcess } from './bot-process.ts';
import { DARKROOM } from './darkroom.ts';
import {
  type LocalDiscord,
  type LocalDiscordOptions,
  startLocalDiscord,
} from './discord/local-discord.ts';
import {
  type LocalGemini,
  type LocalGeminiOptions,
  startLocalGemini,
} from './gemini/local-gemini.ts';

export interface SandboxOptions {
  /** Which bot stands between the two servers; Darkroom when left out. */
  description?: BotDescription;
  /** Whether it is started at once; true when left out. */
  bot?: boolean;
  discord?: LocalDiscordOptions;
  gemini?: LocalGeminiOptions;
  /** For the bot, over what points it at the two local servers. */
  env?: Readonly<Record<string, string>>;
  /** Where the bot keeps its data; a temporary directory, removed at the end, when left out. */
  dataDir?: string;
  /** Called with what the bot writes. */
  onBotOutput?: (text: string) => void;
  /** How long the bot may take until its commands are registered; 30 s when left out. */
  startWithinMs?: number;
}

export interface Sandbox {
  discord: LocalDiscord;
  gemini: LocalGemini;
  /** Which bot it is. */
  description: BotDescription;
  /** The variables that point a bot at this sandbox. */
  env: Readonly<Record<string, string>>;
  /** The process that runs now, or null. */
  readonly bot: BotProcess | null;
  /** Resolves when its commands are registered. Rejects with its output when it ends before. */
  startBot(): Promise<BotProcess>;
  /** SIGTERM, and the end of it; nothing when none runs. */
  stopBot(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it by the signal and starts it again on the same data. */
  restartBot(signal?: NodeJS.Signals): Promise<BotProcess>;
  close(): Promise<void>;
}

const START_WITHIN_MS = 30_000;
const CLOSE_GRACE_MS = 1_000;
/** A connection whose process has ended is gone at once; another client's may stay. */
const CONNECTION_END_MS = 2_000;

/** The bot did not start, or ended in the middle of its work; the message holds the last of what it wrote. */
export class BotError extends Error {
  override readonly name = 'BotError';
}

/** Starts a local Discord, a local Gemini, and the bot between them. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const description = options.description ?? DARKROOM;
  const application = { name: description.name, description: description.about };
  const discord = await startLocalDiscord({ application, ...options.discord });
  const gemini = await startLocalGemini(options.gemini).catch(async (error: unknown) => {
    await discord.close();
    throw error;
  });
  const scratch = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const env = {
    ...description.variables({
      discordApiUrl: discord.apiUrl,
      discordToken: discord.botToken,
      discordCdnHost: new URL(discord.cdnOrigin).host,
      geminiUrl: gemini.url,
      geminiKey: gemini.key,
      geminiImageHost: new URL(gemini.url).host,
      dataDir: options.dataDir ?? join(scratch, 'data'),
    }),
    ...options.env,
  };
  let bot: BotProcess | null = null;

  const startBot = async (): Promise<BotProcess> => {
    if (bot !== null) throw new Error('the bot runs already');
    const started = await startBotProcess({
      command: description.command,
      env,
      directory: scratch,
      ...(options.onBotOutput === undefined ? {} : { onOutput: options.onBotOutput }),
    });
    bot = started;
    void started.exited.then(() => {
      if (bot === started) bot = null;
    });
    const withinMs = options.startWithinMs ?? START_WITHIN_MS;
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), withinMs);
    const ended = failWhenEnded(started, 'before it was ready');
    try {
      await Promise.race([discord.whenReady({ signal: waiting.signal }), ended]);
    } catch (error) {
      await started.stop('SIGKILL');
      if (error instanceof BotError) throw error;
      throw new BotError(
        `The bot was not ready within ${withinMs / 1_000} s.\n${lastLines(started.output())}`,
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
      waiting.abort();
      ended.catch(() => undefined);
    }
    return started;
  };

  const stopBot = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    await bot?.stop(signal);
    // The next bot must not be taken for ready because the last one's connection still stands.
    const bound = AbortSignal.timeout(CONNECTION_END_MS);
    while (discord.connections() > 0 && !bound.aborted) {
      const where = ({ direction }: { direction: string }): boolean => direction === 'disconnect';
      await discord.events.next('gateway', { where, signal: bound }).catch(() => undefined);
    }
  };

  const close = async (): Promise<void> => {
    // There is no Discord left that work in hand could be finished for.
    await bot?.stop('SIGTERM', CLOSE_GRACE_MS);
    await Promise.all([discord.close(), gemini.close()]);
    await rm(scratch, { recursive: true, force: true });
  };

  const sandbox: Sandbox = {
    discord,
    gemini,
    description,
    env,
    get bot() {
      return bot;
    },
    startBot,
    stopBot,
    restartBot: async (signal) => {
      await stopBot(signal);
      return await startBot();
    },
    close,
  };
  if (options.bot !== false) {
    try {
      await startBot();
    } catch (error) {
      await close();
      throw error;
    }
  }
  return sandbox;
}

/** Rejects with a `BotError` when the process ends; `when` completes the sentence "The bot ended …". */
export async function failWhenEnded(bot: BotProcess, when: string): Promise<never> {
  const { code, signal } = await bot.exited;
  const how = signal ?? `exit code ${code}`;
  throw new BotError(`The bot ended (${how}) ${when}.\n${lastLines(bot.output())}`);
}

function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-20).join('\n') || '(It wrote nothing.)';
}
