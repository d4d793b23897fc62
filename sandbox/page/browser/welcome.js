/** The beginning of a channel: where one is, and what to try first. */
import { h, icon } from './dom.js';
import { uploadLimitText } from './people.js';

/** @import { ChannelView, Store } from './types.d.ts' */

/** @param {Store} store @returns {HTMLElement | null} */
export function welcome(store) {
  const channel = store.channel();
  if (channel === undefined) return null;
  const place = channel.kind === 'guild' ? `#${channel.name}` : channel.name;
  const examples = (store.world?.examples ?? []).filter(
    (line) =>
      store.shown().length === 0 && store.offers?.some(({ path }) => line.startsWith(`/${path} `)),
  );
  return h(
    'li',
    { class: 'welcome', 'data-key': 'welcome' },
    h(
      'span',
      { class: 'welcome-mark', 'aria-hidden': 'true' },
      icon(channel.kind === 'guild' ? 'hash' : 'bubble'),
    ),
    h('h2', {}, channel.kind === 'guild' ? `Welcome to ${place}!` : channel.name),
    h('p', {}, channel.hasOlder ? 'Older messages are not shown.' : aboutOf(channel, store)),
    examples.length > 0 &&
      h(
        'div',
        { class: 'welcome-examples', 'data-key': 'examples' },
        h(
          'p',
          {},
          'Type ',
          h('kbd', {}, '/'),
          ' below for every command, or begin with one of these:',
        ),
        examples.map((line) =>
          h(
            'button',
            { type: 'button', class: 'example', 'data-action': 'suggest', 'data-line': line },
            line,
          ),
        ),
      ),
  );
}

/** @param {ChannelView} channel @param {Store} store */
function aboutOf({ kind, name }, store) {
  const guild = store.guild();
  const beginning = 'This is the beginning of';
  if (kind === 'bot-dm') return `${beginning} your direct messages with ${name}.`;
  if (guild === undefined) {
    return `${beginning} your direct messages with ${name}. The bot is not among you: only who added it to their own account may use it here.`;
  }
  const about = guild.hasBot
    ? `One file may have ${uploadLimitText(store)} here.`
    : 'This server never added the bot: only who added it to their own account may use it here.';
  return `${beginning} #${name} in ${guild.name}. ${about}`;
}
