import type { Actor } from './actor.ts';
import type { LocalGemini } from './gemini/local-gemini.ts';
import { type WatchOptions, watchReply } from './reply-watch.ts';
import { failWhenEnded, type Sandbox } from './sandbox.ts';
import { collectFiles, type DeliveredFile, sendCommand } from './send-command.ts';

/** What `--json` ends with. */
export interface RunResult {
  ok: boolean;
  /** The failure's kind; null when a picture came. */
  kind: string | null;
  /** The text of every state that the reply went through. */
  states: string[];
  footer: string | null;
  files: DeliveredFile[];
  /** As the local Gemini saw them; nothing of a request that it could not read. */
  requests: {
    model: string;
    ratio: string | null;
    size: string | null;
    prompt: string;
    references: { mime: string; bytes: number; sha256: string }[];
  }[];
}

export interface RunOptions extends WatchOptions {
  line: string;
  attach: Readonly<Record<string, string>>;
  actor: Actor;
  /** Where pictures are saved; null saves none. */
  out: string | null;
}

/**
 * Does one command and waits for its reply.
 *
 * @throws CommandLineError when the command could not be sent, BotError when the bot ended
 */
export async function runOnce(sandbox: Sandbox, options: RunOptions): Promise<RunResult> {
  const { discord, gemini, description, bot } = sandbox;
  const before = gemini.requests.length;
  const handle = await sendCommand(discord, options.actor, options.line, options.attach);
  const watching = watchReply(discord, handle, { description, ...options });
  const ended = bot === null ? watching : failWhenEnded(bot, 'in the middle of its work');
  // Once the reply is there, the bot may end.
  ended.catch(() => undefined);
  const settled = await Promise.race([watching, ended]);
  const files = await collectFiles(discord, settled.files, options.out);
  const { ok, kind, states, footer } = settled;
  return { ok, kind, states, footer, files, requests: requestsSince(gemini, before) };
}

function requestsSince(gemini: LocalGemini, before: number): RunResult['requests'] {
  return gemini.requests.slice(before).map(({ model, ratio, size, prompt, references }) => {
    return { model, ratio, size, prompt, references };
  });
}
