import { createInterface, type Interface } from 'node:readline';
import { type Actor, findActor } from './actor.ts';
import { completeLine } from './completion.ts';
import type { InteractionHandle } from './discord/local-discord.ts';
import { createForms, type Forms } from './form.ts';
import { describeDirectives } from './gemini/directives.ts';
import { buttonsOf, decorate } from './render.ts';
import { watchReply } from './reply-watch.ts';
import { failWhenEnded, type Sandbox } from './sandbox.ts';
import { collectFiles, sendCommand } from './send-command.ts';
import { shellSplit } from './shell-split.ts';

const HELP = `Type a command as in Discord:   /imagine prompt:"a red fox in snow" ratio:16:9
  with files:                   /edit instruction:"add a llama" --attach image=photo.jpg
  click LABEL                   a button of the newest reply
  as NAME, in CHANNEL           who you are and where: as moderator, in Annex/general, in dm
  save DIR                      saves the newest reply's pictures
  words                         what a prompt can ask the local Gemini for, such as [[busy:1]]
  help, quit
Without a terminal each line waits for its reply, unless it ends in " &".
`;

export interface InteractiveOptions {
  actor: Actor;
  timeoutMs: number;
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Whether a person sits there: a prompt, history and completion. */
  terminal: boolean;
  signal: AbortSignal;
}

/** Takes lines until `quit`, the end of the input, or the signal; replies are shown as they change. */
export async function runInteractive(sandbox: Sandbox, options: InteractiveOptions): Promise<void> {
  const lines = createInterface({
    input: options.input,
    ...(options.terminal ? { output: options.output } : {}),
    terminal: options.terminal,
    completer: (line: string): [string[], string] => completeLine(line, sandbox.discord.commands()),
  });
  const print = printer(lines, options);
  const session = new InteractiveSession(sandbox, options, print);
  let closed = false;
  if (options.signal.aborted) lines.close();
  options.signal.addEventListener('abort', () => lines.close(), { once: true });
  if (sandbox.bot !== null) {
    failWhenEnded(sandbox.bot, 'by itself').catch((error: Error) => {
      if (!closed) print(error.message);
    });
  }
  lines.on('SIGINT', () => lines.close());
  lines.setPrompt('> ');
  print(`You are ${options.actor.label}.\n${HELP}`);
  try {
    for await (const line of lines) {
      const waits = !options.terminal && !/\s&$/.test(line.trimEnd());
      const input = line.replace(/\s&\s*$/, '').trim();
      if (input !== '' && (await safely(() => session.handleLine(input), print)) === 'quit') break;
      // A script goes on when the reply is there; a person need not wait.
      if (waits) await session.repliesEnded();
      else if (options.terminal) lines.prompt();
    }
    if (!options.terminal && !options.signal.aborted) await session.repliesEnded();
  } finally {
    closed = true;
    lines.close();
  }
}

/** Who types now, and the replies that are followed. */
class InteractiveSession {
  readonly #sandbox: Sandbox;
  readonly #options: InteractiveOptions;
  readonly #print: (text: string) => void;
  readonly #forms: Forms;
  /** Replies that have not ended. */
  readonly #following = new Set<Promise<void>>();
  #actor: Actor;
  /** The message of the newest reply, for `click` and `save`; null before there is one. */
  #newestId: string | null = null;
  /** Of replies so far; numbers them in what is printed. */
  #count = 0;

  constructor(sandbox: Sandbox, options: InteractiveOptions, print: (text: string) => void) {
    this.#sandbox = sandbox;
    this.#options = options;
    this.#print = print;
    this.#forms = createForms(sandbox.discord, print);
    this.#actor = options.actor;
  }

  /** Does what a line says. @throws what should be printed. */
  async handleLine(line: string): Promise<'quit' | undefined> {
    const [verb = '', ...rest] = line.replace(/^\/(help|quit|words)\b/, '$1').split(/\s+/);
    const argument = rest.join(' ');
    if (this.#forms.waiting()) {
      const handle = await this.#forms.answer(line);
      if (handle !== null) this.#follow(handle, this.#actor.userId);
    } else if (line.startsWith('/') && verb.startsWith('/')) {
      const { command, attach } = takeAttachments(line);
      const handle = await sendCommand(this.#sandbox.discord, this.#actor, command, attach);
      this.#follow(handle, this.#actor.userId);
    } else if (verb === 'click') await this.#click(argument);
    else if (verb === 'as' || verb === 'in') {
      this.#actor = changeActor(this.#sandbox, this.#actor, verb, argument);
      this.#print(`You are ${this.#actor.label}.`);
    } else if (verb === 'save') await this.#save(argument === '' ? '.' : argument);
    else if (verb === 'words') this.#print(describeDirectives(this.#sandbox.description.outcomes));
    else if (verb === 'quit' || verb === 'exit') return 'quit';
    else
      this.#print(verb === 'help' ? HELP : `"${verb}" is no command; "help" says what there is.`);
    return undefined;
  }

  async repliesEnded(): Promise<void> {
    await Promise.all(this.#following);
  }

  #follow(handle: InteractionHandle, userId: string): void {
    this.#count += 1;
    const label = `#${this.#count}`;
    const following = this.#watch(handle, userId, label).catch((error: unknown) => {
      if (!this.#options.signal.aborted) this.#print(`${label} ${(error as Error).message}`);
    });
    this.#following.add(following);
    void following.finally(() => this.#following.delete(following));
  }

  async #watch(handle: InteractionHandle, userId: string, label: string): Promise<void> {
    await handle.acknowledged;
    const modal = handle.modal();
    if (modal !== null) {
      this.#forms.open(handle.id, userId, modal);
      return;
    }
    const settled = await watchReply(this.#sandbox.discord, handle, {
      description: this.#sandbox.description,
      timeoutMs: this.#options.timeoutMs,
      signal: this.#options.signal,
      onState: (text, message) => {
        this.#newestId = message?.id ?? this.#newestId;
        this.#print(text.replace(/^/gm, `${label} `));
      },
    });
    this.#print(settled.ok ? `${label} done` : `${label} no picture (${settled.kind})`);
  }

  async #click(label: string): Promise<void> {
    const { discord } = this.#sandbox;
    const message = this.#newestId === null ? null : discord.message(this.#newestId);
    const buttons = message === null ? [] : buttonsOf(message);
    const button = buttons.find((entry) => entry.label.toLowerCase() === label.toLowerCase());
    if (message === null || button?.customId == null) {
      const known = buttons.map((entry) => entry.label).join(', ') || 'none';
      this.#print(`There is no button "${label}". Buttons of the newest reply: ${known}.`);
      return;
    }
    const { userId } = this.#actor;
    const { customId } = button;
    const input = { kind: 'button', userId, messageId: message.id, customId } as const;
    this.#follow(await discord.interact(input), userId);
  }

  async #save(directory: string): Promise<void> {
    const { discord } = this.#sandbox;
    const shown = this.#newestId === null ? [] : discord.filesOf(this.#newestId);
    const files = await collectFiles(discord, shown, directory);
    this.#print(files.map(({ path }) => `saved ${path}`).join('\n') || 'There is nothing to save.');
  }
}

/** Takes `--attach option=FILE` out of a line. */
function takeAttachments(line: string): { command: string; attach: Record<string, string> } {
  const attach: Record<string, string> = {};
  const command = line.replace(/\s--attach\s+([\w-]+)=("[^"]*"|\S+)/g, (_, name, path) => {
    attach[String(name)] = shellSplit(String(path))[0]?.text ?? '';
    return '';
  });
  return { command, attach };
}

function changeActor(sandbox: Sandbox, from: Actor, verb: 'as' | 'in', argument: string): Actor {
  const { world } = sandbox.discord;
  const name = world.users.find(({ id }) => id === from.userId)?.username ?? '';
  if (verb === 'in') {
    const [first = '', second] = argument.split('/');
    const guild = second === undefined ? null : first;
    return findActor(sandbox.discord, name, guild, second ?? first);
  }
  const place = findActor(sandbox.discord, argument, null, null);
  const channel = world.channels.find(({ id }) => id === from.channelId);
  if (channel?.kind !== 'guild') return place;
  const guild = world.guilds.find(({ id }) => id === channel.guildId);
  return findActor(sandbox.discord, argument, guild?.name ?? null, channel.name);
}

async function safely<T>(
  work: () => Promise<T>,
  print: (text: string) => void,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    print((error as Error).message);
    return undefined;
  }
}

/** Prints above the line that is being typed, which then stands below again. */
function printer(
  lines: Interface,
  { output, terminal }: InteractiveOptions,
): (text: string) => void {
  return (text) => {
    if (!terminal) {
      output.write(`${text}\n`);
      return;
    }
    output.write(`\r\u001b[K${decorate(text)}\n`);
    lines.prompt(true);
  };
}
