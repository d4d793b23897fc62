/** The beginning of a channel: where one is, and what to try first. */
import { h, icon } from './dom.js';

/** @import { Store } from './types.d.ts' */

const EXAMPLES = [
  '/imagine prompt:a red fox in fresh snow, low winter sun ratio:16:9',
  '/imagine prompt:a lighthouse in fog size:2K model:Pro 3',
  '/imagine prompt:a paper boat [[draft]] private:True',
];

/** @param {Store} store */
export function welcome(store) {
  const channel = store.channel();
  const guild = store.guild();
  if (channel === undefined) return false;
  const place = channel.kind === 'guild' ? `#${channel.name}` : channel.name;
  const about =
    channel.kind === 'bot-dm'
      ? `This is the beginning of your direct messages with ${channel.name}.`
      : guild === undefined
        ? `This is the beginning of your direct messages with ${channel.name}. The bot is not among you: only who added it to their own account may use it here.`
        : `This is the beginning of ${place} in ${guild.name}. ${guild.hasBot ? `One file may have ${Math.round(guild.uploadLimit / 1_048_576)} MB here.` : 'This server never added the bot.'}`;
  const offers = store.shown().length === 0 && guild?.hasBot !== false;
  return h(
    'li',
    { class: 'welcome', 'data-key': 'welcome' },
    h(
      'span',
      { class: 'welcome-mark', 'aria-hidden': 'true' },
      icon(channel.kind === 'guild' ? 'hash' : 'bubble'),
    ),
    h('h2', {}, channel.kind === 'guild' ? `Welcome to ${place}!` : channel.name),
    h('p', {}, about),
    offers &&
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
        EXAMPLES.map((line) =>
          h(
            'button',
            { type: 'button', class: 'example', 'data-action': 'suggest', 'data-line': line },
            line,
          ),
        ),
      ),
  );
}
