/** One message as a list item. A function of the store alone, so that it can be made anew and patched in. */
import { componentsOf } from './components.js';
import { h, icon } from './dom.js';
import { attachmentsOf, embedsOf } from './embed.js';
import { inline, markdown } from './markdown.js';
import { avatar } from './people.js';
import { headTime } from './time.js';

/** @import { Message, Store } from './types.d.ts' */

/** Discord's message flags. */
export const Flag = /** @type {const} */ ({ ephemeral: 64, loading: 128 });

/** Messages of one author stand together when they come within this time. */
const GROUP_MS = 7 * 60_000;

/** @param {Store} store @returns {import('./markdown.js').Names} */
export function namesOf(store) {
  return {
    user: (id) => store.user(id)?.name ?? 'unknown-user',
    role: (id) =>
      store
        .guild()
        ?.roles.find((role) => role.id === id)
        ?.name.replace(/^@/, '') ?? 'unknown-role',
    channel: (id) => store.channel(id)?.name ?? 'unknown',
  };
}

/** @param {Message} message @param {Message | undefined} before @param {Store} store */
export function messageView(message, before, store) {
  const names = namesOf(store);
  const author = store.user(message.author.id);
  const flags = message.flags ?? 0;
  const reply = replyLine(message, store);
  const grouped = reply === null && before !== undefined && follows(message, before);
  const loading = (flags & Flag.loading) !== 0;
  const edited = message.edited_timestamp !== null && !author?.bot;
  const nameId = `name-${message.id}`;
  return h(
    'li',
    {
      class: ['message', grouped && 'grouped', (flags & Flag.ephemeral) !== 0 && 'ephemeral']
        .filter(Boolean)
        .join(' '),
      id: `message-${message.id}`,
      'data-key': message.id,
      'data-message': message.id,
      'data-keep': 'tabindex',
      tabindex: -1,
      'aria-labelledby': nameId,
    },
    reply,
    !grouped && avatar(author),
    h(
      'div',
      { class: `message-head${grouped ? ' visually-hidden' : ''}`, id: nameId },
      h('span', { class: 'author' }, author?.name ?? 'Somebody'),
      author?.bot && h('span', { class: 'tag' }, 'App'),
      ' ',
      h('time', { class: 'clock', datetime: message.timestamp }, headTime(message.timestamp)),
    ),
    h(
      'div',
      { class: 'message-body' },
      message.content !== '' &&
        h(
          'div',
          { class: 'content' },
          markdown(message.content, names),
          edited && h('span', { class: 'edited' }, ' (edited)'),
        ),
      loading && message.content === '' && thinking(author?.name ?? 'It'),
      attachmentsOf(message.attachments),
      embedsOf(message, names),
      componentsOf(message, store, names),
      store.failed.has(message.id) &&
        h('div', { class: 'interaction-failed', role: 'alert' }, 'This interaction failed'),
      (flags & Flag.ephemeral) !== 0 && onlyYou(),
    ),
    h(
      'div',
      { class: 'message-tools' },
      h(
        'button',
        {
          type: 'button',
          class: 'tool',
          'data-action': 'more',
          'aria-haspopup': 'menu',
          'aria-label': 'More and apps',
          title: 'More and apps',
        },
        icon('more'),
      ),
    ),
  );
}

/** @param {Message} message @param {Message} before */
function follows(message, before) {
  const apart = Date.parse(message.timestamp) - Date.parse(before.timestamp);
  const sameFlags =
    ((message.flags ?? 0) & Flag.ephemeral) === ((before.flags ?? 0) & Flag.ephemeral);
  return message.author.id === before.author.id && apart < GROUP_MS && sameFlags;
}

/** Who used which command, or what is being answered. @param {Message} message @param {Store} store */
function replyLine(message, store) {
  const { referenced_message: answered, interaction_metadata: metadata } = message;
  if (answered) {
    const person = store.user(answered.author.id);
    const text =
      answered.content ||
      (answered.embeds.length > 0 ? 'Click to see the message' : 'Click to see attachment');
    return h(
      'button',
      { type: 'button', class: 'reply-line', 'data-action': 'jump', 'data-to': answered.id },
      avatar(person, true),
      h('span', { class: 'author' }, person?.name ?? 'Somebody'),
      h('span', { class: 'reply-text' }, inline(text.split('\n')[0] ?? '', namesOf(store))),
    );
  }
  if (metadata?.name === undefined || metadata.type !== 2) return null;
  const person = store.user(metadata.user?.id ?? '');
  return h(
    'div',
    { class: 'reply-line' },
    avatar(person, true),
    h('span', { class: 'author' }, person?.name ?? 'Somebody'),
    h('span', {}, ' used '),
    h('span', { class: 'command-name' }, message.type === 23 ? metadata.name : `/${metadata.name}`),
  );
}

/** @param {string} name */
function thinking(name) {
  return h(
    'div',
    { class: 'thinking' },
    h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
    `${name} is thinking…`,
  );
}

function onlyYou() {
  return h(
    'div',
    { class: 'only-you' },
    icon('eye'),
    'Only you can see this • ',
    h('button', { type: 'button', class: 'link', 'data-action': 'dismiss' }, 'Dismiss message'),
  );
}

/** A command on its way, or the reason why nothing came of it. @param {import('./types.d.ts').Pending} pending @param {Store} store */
export function pendingView(pending, store) {
  const me = store.user(store.me);
  const bot = store.user(store.world?.application.botUserId ?? '');
  return h(
    'li',
    {
      class: `message${pending.error === null ? ' sending' : ''}`,
      'data-key': pending.key,
      'data-pending': pending.key,
    },
    h(
      'div',
      { class: 'reply-line' },
      avatar(me, true),
      h('span', { class: 'author' }, me?.name ?? ''),
      h('span', {}, ' used '),
      h('span', { class: 'command-name' }, pending.name),
    ),
    avatar(bot),
    h(
      'div',
      { class: 'message-head' },
      h('span', { class: 'author' }, bot?.name ?? ''),
      h('span', { class: 'tag' }, 'App'),
    ),
    h(
      'div',
      { class: 'message-body' },
      pending.error === null
        ? h('div', { class: 'thinking' }, 'Sending command…')
        : h('div', { class: 'interaction-failed', role: 'alert' }, pending.error),
      pending.error !== null && onlyYou(),
    ),
  );
}
