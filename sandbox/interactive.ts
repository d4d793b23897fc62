import { createInterface, type Interface } from 'node:readline';
import { type Actor, findActor } from './actor.ts';
import { completeLine } from './completion.ts';
import type { InteractionHandle, Modal } from './discord/local-discord.ts';
import { createForms } from './form.ts';
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
  const { discord } = sandbox;
  const lines = createInterface({
    input: options.input,
    ...(options.terminal ? { output: options.output } : {}),
    terminal: options.terminal,
    completer: (line: string): [string[], string] => completeLine(line, discord.commands()),
  });
  const print = printer(lines, options);
  const running = new Set<Promise<void>>();
  const forms = createForms(discord, print);
  let actor = options.actor;
  let newestId: string | null = null;
  let count = 0;
  let closed = false;

  const follow = (handle: InteractionHandle, userId: string): void => {
    count += 1;
    const label = `#${count}`;
    const watching = handle.acknowledged
      .then(async () => {
        const modal: Modal | null = handle.modal();
        if (modal !== null) return forms.open(handle.id, userId, modal);
        const settled = await watchReply(discord, handle, {
          description: sandbox.description,
          timeoutMs: options.timeoutMs,
          signal: options.signal,
          onState: (text, message) => {
            newestId = message?.id ?? newestId;
            print(text.replace(/^/gm, `${label} `));
          },
        });
        print(settled.ok ? `${label} done` : `${label} no picture (${settled.kind})`);
      })
      .catch((error: unknown) => {
        if (!options.signal.aborted) print(`${label} ${(error as Error).message}`);
      });
    running.add(watching);
    void watching.finally(() => running.delete(watching));
  };

  const click = async (label: string): Promise<void> => {
    const message = newestId === null ? null : discord.message(newestId);
    const buttons = message === null ? [] : buttonsOf(message);
    const button = buttons.find((entry) => entry.label.toLowerCase() === label.toLowerCase());
    if (message === null || button?.customId == null) {
      const known = buttons.map((entry) => entry.label).join(', ') || 'none';
      return print(`There is no button "${label}". Buttons of the newest reply: ${known}.`);
    }
    const { userId } = actor;
    const customId = button.customId;
    const input = { kind: 'button', userId, messageId: message.id, customId } as const;
    follow(await discord.interact(input), userId);
  };

  const handleLine = async (line: string): Promise<'quit' | undefined> => {
    const [verb = '', ...rest] = line.replace(/^\/(help|quit|words)\b/, '$1').split(/\s+/);
    const argument = rest.join(' ');
    if (forms.waiting()) {
      const handle = await forms.answer(line);
      if (handle !== null) follow(handle, actor.userId);
    } else if (line.startsWith('/') && verb.startsWith('/')) {
      const { command, attach } = takeAttachments(line);
      follow(await sendCommand(discord, actor, command, attach), actor.userId);
    } else if (verb === 'click') await click(argument);
    else if (verb === 'as' || verb === 'in') {
      actor = changeActor(sandbox, actor, verb, argument);
      print(`You are ${actor.label}.`);
    } else if (verb === 'save') {
      const shown = newestId === null ? [] : discord.filesOf(newestId);
      const files = await collectFiles(discord, shown, argument === '' ? '.' : argument);
      print(files.map(({ path }) => `saved ${path}`).join('\n') || 'There is nothing to save.');
    } else if (verb === 'words') print(describeDirectives(sandbox.description.outcomes));
    else if (verb === 'quit' || verb === 'exit') return 'quit';
    else print(verb === 'help' ? HELP : `"${verb}" is no command; "help" says what there is.`);
    return undefined;
  };

  if (options.signal.aborted) lines.close();
  options.signal.addEventListener('abort', () => lines.close(), { once: true });
  if (sandbox.bot !== null) {
    failWhenEnded(sandbox.bot, 'by itself').catch((error: Error) => {
      if (!closed) print(error.message);
    });
  }
  lines.on('SIGINT', () => lines.close());
  lines.setPrompt('> ');
  print(`You are ${actor.label}.\n${HELP}`);
  try {
    for await (const line of lines) {
      const waits = !options.terminal && !/\s&$/.test(line.trimEnd());
      const input = line.replace(/\s&\s*$/, '').trim();
      if (input !== '' && (await safely(() => handleLine(input), print)) === 'quit') break;
      // A script goes on when the reply is there; a person need not wait.
      if (waits) await Promise.all(running);
      else if (options.terminal) lines.prompt();
    }
    if (!options.terminal && !options.signal.aborted) await Promise.all(running);
  } finally {
    closed = true;
    lines.close();
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
