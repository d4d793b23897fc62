import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Actor, nameFinder } from './actor.ts';
import { CommandLineError, parseCommandLine } from './command-line.ts';
import {
  type Attachment,
  type InteractionHandle,
  type LocalDiscord,
  NotPossible,
} from './discord/local-discord.ts';

/** A picture that came out, as the sandbox's JSON line gives it. */
export interface DeliveredFile {
  /** null when nothing was to be saved. */
  path: string | null;
  mime: string;
  width: number | null;
  height: number | null;
  bytes: number;
  sha256: string;
}

/**
 * Sends a command line as a person would: checks it, uploads its files, makes the interaction.
 *
 * @throws CommandLineError
 */
export async function sendCommand(
  discord: LocalDiscord,
  actor: Actor,
  line: string,
  attach: Readonly<Record<string, string>>,
): Promise<InteractionHandle> {
  const guildId = guildOf(discord, actor);
  const commands = [...discord.commands(), ...(guildId === null ? [] : discord.commands(guildId))];
  const parsed = parseCommandLine(line, commands, attach, nameFinder(discord));
  const { userId, channelId } = actor;
  const options = { ...parsed.options };
  for (const [name, path] of Object.entries(parsed.attachments)) {
    const file = await stat(path).catch(() => null);
    if (file === null || !file.isFile()) throw new CommandLineError(`There is no file "${path}".`);
    const { id } = await discord.upload(userId, { name: basename(path), bytes: path });
    options[name] = id;
  }
  const { command } = parsed;
  try {
    return await discord.interact({ kind: 'slash', userId, channelId, command, options });
  } catch (error) {
    // What Discord's own client would not send is as much the typist's matter as a wrong option.
    if (error instanceof NotPossible) throw new CommandLineError(sentence(error.message));
    throw error;
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function guildOf({ world }: LocalDiscord, { channelId }: Actor): string | null {
  const channel = world.channels.find(({ id }) => id === channelId);
  return channel?.kind === 'guild' ? channel.guildId : null;
}

/** Reads a reply's files from the CDN's shelf, and saves them when there is a directory. */
export async function collectFiles(
  discord: LocalDiscord,
  attachments: readonly Attachment[],
  directory: string | null,
): Promise<DeliveredFile[]> {
  if (directory !== null && attachments.length > 0) await mkdir(directory, { recursive: true });
  const files: DeliveredFile[] = [];
  for (const { id } of attachments) {
    const stored = await discord.file(id);
    const path = directory === null ? null : join(directory, basename(stored.name));
    if (path !== null) await writeFile(path, stored.bytes);
    const { contentType: mime, width, height, size: bytes, sha256 } = stored;
    files.push({ path, mime, width, height, bytes, sha256 });
  }
  return files;
}
