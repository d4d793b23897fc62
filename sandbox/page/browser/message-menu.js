/** What can be done with a message: the bot's own message commands first. */
import { act, get, Refused } from './api.js';
import { openForm } from './form.js';
import { Flag } from './message.js';
import { openMenu } from './popup.js';
import { runCommand } from './run-command.js';

/** @import { Command, Message, Store } from './types.d.ts' */

const MESSAGE_COMMAND = 3;

/** @param {HTMLElement} anchor @param {Message} message @param {Store} store @param {{ x: number, y: number }} [at] */
export async function openMessageMenu(anchor, message, store, at) {
  const ephemeral = ((message.flags ?? 0) & Flag.ephemeral) !== 0;
  /** @type {Command[]} */
  const offered = ephemeral
    ? []
    : await get('commands', { user: store.me, channel: store.channelId });
  const commands = offered.filter(({ type }) => type === MESSAGE_COMMAND);
  const mayDelete =
    ephemeral || message.author.id === store.me || store.channel()?.canManage === true;
  openMenu(
    anchor,
    [
      ...(commands.length > 0 ? [{ label: 'Apps', value: '', heading: true }] : []),
      ...commands.map(({ name }) => ({ label: name, value: `command:${name}` })),
      ...(commands.length > 0 ? [{ label: 'Message', value: '', heading: true }] : []),
      { label: 'Copy text', value: 'copy-text' },
      { label: 'Copy message ID', value: 'copy-id' },
      ...(mayDelete
        ? [
            {
              label: ephemeral ? 'Dismiss message' : 'Delete message',
              value: 'delete',
              danger: true,
            },
          ]
        : []),
    ],
    (value) => {
      if (value === 'copy-text') void copy(textOf(message));
      else if (value === 'copy-id') void copy(message.id);
      else if (value === 'delete') {
        act('remove', { userId: store.me, messageId: message.id }).catch(failed(message, store));
      } else void useCommand(value.slice('command:'.length), message, store);
    },
    { label: 'Message', ...(at === undefined ? {} : { at }) },
  );
}

/** @param {string} command @param {Message} message @param {Store} store */
async function useCommand(command, message, store) {
  const input = {
    kind: 'message-command',
    channelId: store.channelId,
    command,
    messageId: message.id,
  };
  const news = await runCommand(store, command, input).catch(failed(message, store));
  if (news?.modal) openForm(news.modal, news.id, store);
}

/** Says below the message that it went wrong. @param {Message} message @param {Store} store */
function failed(message, store) {
  return (/** @type {unknown} */ error) => {
    if (!(error instanceof Refused)) throw error;
    store.failed.add(message.id);
    store.tell('message', { change: 'update', message });
    return null;
  };
}

/** @param {Message} message */
function textOf(message) {
  const embeds = message.embeds.flatMap(({ title, description, footer }) => [
    title,
    description,
    footer?.text,
  ]);
  return [message.content, ...embeds].filter(Boolean).join('\n');
}

/** @param {string} text */
async function copy(text) {
  // Without a permission there is no clipboard, and nothing that a person could do about it.
  await navigator.clipboard?.writeText(text).catch(() => undefined);
}
