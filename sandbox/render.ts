import { styleText } from 'node:util';
import { type APIEmbed, ComponentType, MessageFlags } from 'discord-api-types/v10';
import type { Attachment, Message } from './discord/local-discord.ts';

/** What a button looks like to a person. */
export interface VisibleButton {
  label: string;
  customId: string | null;
  disabled: boolean;
}

/** The buttons of a message, in the order that they are shown. */
export function buttonsOf(message: Message): VisibleButton[] {
  return (message.components ?? []).flatMap((row) => {
    if (row.type !== ComponentType.ActionRow) return [];
    return row.components.flatMap((component): VisibleButton[] => {
      if (component.type !== ComponentType.Button) return [];
      const label = 'label' in component ? (component.label ?? component.emoji?.name ?? '') : '';
      const customId = 'custom_id' in component ? component.custom_id : null;
      return [{ label, customId, disabled: component.disabled === true }];
    });
  });
}

/** Whether the message is still the placeholder that Discord shows after a defer. */
export function isLoading(message: Message): boolean {
  return ((message.flags ?? 0) & MessageFlags.Loading) !== 0;
}

/**
 * A message as plain lines: what a person reads in Discord, without its looks. The same message
 * gives the same text at any time, so that texts can be compared for changes.
 */
export function renderMessage(message: Message, files: readonly Attachment[]): string {
  const lines: string[] = [];
  if (((message.flags ?? 0) & MessageFlags.Ephemeral) !== 0) lines.push('(only you can see this)');
  if (isLoading(message)) {
    const { global_name, username } = message.author;
    lines.push(`${global_name ?? username} is thinking…`);
  }
  if (message.content !== '') lines.push(readable(message.content));
  for (const embed of message.embeds) lines.push(...renderEmbed(embed));
  for (const file of files) {
    const pixels = file.width == null ? '' : `, ${file.width}×${file.height}`;
    lines.push(`[file] ${file.filename}${pixels}, ${kilobytes(file.size)}`);
  }
  const buttons = buttonsOf(message).map(({ label, disabled }) =>
    disabled ? `(${label})` : `[${label}]`,
  );
  if (buttons.length > 0) lines.push(buttons.join(' '));
  return lines.join('\n');
}

function renderEmbed(embed: APIEmbed): string[] {
  const parts = [
    embed.author === undefined ? '' : readable(embed.author.name),
    embed.title === undefined ? '' : `**${readable(embed.title)}**`,
    readable(embed.description ?? ''),
    ...(embed.fields ?? []).map(({ name, value }) => `${readable(name)}: ${readable(value)}`),
    embed.footer === undefined ? '' : readable(embed.footer.text),
  ];
  return parts.filter((part) => part !== '').flatMap((part) => part.split(/\n+/));
}

/** Discord's markup in the words of a terminal: a time in place of `<t:…:R>`, no escapes. */
function readable(text: string): string {
  return text
    .replace(/<t:(\d+)(?::[a-zA-Z])?>/g, (_, seconds: string) => {
      return `at ${new Date(Number(seconds) * 1_000).toTimeString().slice(0, 8)}`;
    })
    .replace(/^-# /gm, '')
    .replace(/\\([^A-Za-z0-9\s])/g, '$1');
}

/** Bold and quotes with the terminal's own means. */
export function decorate(text: string): string {
  return text
    .replace(/\*\*(.+?)\*\*/g, (_, bold: string) => styleText('bold', bold))
    .replace(/^(#\d+ )?> (.*)$/gm, (_, label: string | undefined, line: string) => {
      return `${label ?? ''}${styleText('dim', `│ ${line}`)}`;
    });
}

function kilobytes(bytes: number): string {
  return bytes < 1_000_000
    ? `${Math.ceil(bytes / 1_000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
