import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** What `npm run sandbox -- …` was asked to do. */
export interface Arguments {
  help: boolean;
  directives: boolean;
  run: string | null;
  /** Paths by option name. */
  attach: Record<string, string>;
  out: string | null;
  json: boolean;
  /** The path of a module that describes a bot; null for this repository's. */
  botFile: string | null;
  bot: boolean;
  discordPort: number;
  geminiPort: number;
  pagePort: number;
  pace: number;
  as: string;
  guild: string | null;
  channel: string | null;
  timeoutMs: number;
  showLog: boolean;
}

/** Arguments that make no sense; the message is one clear sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `A local Discord, a local Gemini and the real bot between them, with no account.

  npm run sandbox                                 all three, a page like Discord, and a prompt that
                                                  takes commands
  npm run sandbox -- --run '/imagine prompt:"a red fox" ratio:16:9 size:2K'
  npm run sandbox -- --run '/edit instruction:"add a llama"' --attach image=photo.jpg --out out
  npm run sandbox -- --no-bot                     prints the environment for a bot started elsewhere

  --run LINE            does one command; exits 0 only when a picture came
  --attach OPTION=FILE  gives a file to an attachment option; may be repeated
  --out DIR             saves the pictures there
  --json                ends with one line of JSON; all else goes to stderr
  --as NAME             who types: owner, moderator, member, other-member, installer [member]
  --guild NAME          where: Studio (20 MiB uploads), Annex (10 MiB), Elsewhere (no bot) [Studio]
  --channel NAME        a channel of that guild, or "dm" [general]
  --timeout SECONDS     how long --run waits for the reply [120]
  --pace NUMBER         the model's speed: 1 as a person may read it, 0 at once [1]
  --bot FILE            another bot: a module whose default export describes it [Darkroom]
  --no-bot              does not start it
  --discord-port PORT   [a free one]
  --gemini-port PORT    [a free one]
  --page-port PORT      [a free one]
  --show-log            shows what the bot logs, on stderr
  --words               lists the words that ask the local Gemini for a failure or a form
  --help                this text
`;

const OPTIONS = {
  run: { type: 'string' },
  attach: { type: 'string', multiple: true },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  bot: { type: 'string' },
  'no-bot': { type: 'boolean', default: false },
  'discord-port': { type: 'string', default: '0' },
  'gemini-port': { type: 'string', default: '0' },
  'page-port': { type: 'string', default: '0' },
  pace: { type: 'string', default: '1' },
  as: { type: 'string', default: 'member' },
  guild: { type: 'string' },
  channel: { type: 'string' },
  timeout: { type: 'string', default: '120' },
  words: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  'show-log': { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const values = parse(args);
  const run = values.run ?? null;
  if (run === null && !values.help && !values.words) {
    const alone = (['out', 'json'] as const).find((name) => values[name]);
    if (alone !== undefined) throw new UsageError(`--${alone} is only of use together with --run.`);
    if (values.attach !== undefined)
      throw new UsageError('--attach is only of use together with --run.');
  }
  if (run?.trim() === '')
    throw new UsageError('--run needs a command, such as --run \'/imagine prompt:"a fox"\'.');
  return {
    help: values.help,
    directives: values.words,
    run,
    attach: readAttachments(values.attach ?? []),
    out: values.out ?? null,
    json: values.json,
    botFile: values.bot ?? null,
    bot: !values['no-bot'],
    discordPort: number('discord-port', values['discord-port'], { whole: true, most: 65_535 }),
    geminiPort: number('gemini-port', values['gemini-port'], { whole: true, most: 65_535 }),
    pagePort: number('page-port', values['page-port'], { whole: true, most: 65_535 }),
    pace: number('pace', values.pace, { whole: false, most: 100 }),
    as: values.as,
    guild: values.guild ?? null,
    channel: values.channel ?? null,
    timeoutMs: 1_000 * number('timeout', values.timeout, { whole: false, most: 86_400 }),
    showLog: values['show-log'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // Node's own sentences are clear; only their first one is about the mistake.
    const sentence = (error as Error).message.split('. ')[0] ?? '';
    throw new UsageError(`${sentence.replace(/\.$/, '')}.`);
  }
}

function readAttachments(given: readonly string[]): Record<string, string> {
  const attachments: Record<string, string> = {};
  for (const entry of given) {
    const cut = entry.indexOf('=');
    const [name, path] = [entry.slice(0, cut), entry.slice(cut + 1)];
    if (cut < 1 || path === '') {
      throw new UsageError(
        `--attach takes OPTION=FILE, such as --attach image=photo.jpg, not "${entry}".`,
      );
    }
    if (Object.hasOwn(attachments, name)) {
      throw new UsageError(`--attach gives two files for "${name}".`);
    }
    attachments[name] = path;
  }
  return attachments;
}

function number(
  name: string,
  text: string,
  { whole, most }: { whole: boolean; most: number },
): number {
  const value = Number(text);
  const fits =
    text.trim() !== '' && value >= 0 && value <= most && (!whole || Number.isInteger(value));
  if (!fits) {
    throw new UsageError(
      `--${name} takes a ${whole ? 'whole ' : ''}number from 0 to ${most}, not "${text}".`,
    );
  }
  return value;
}
