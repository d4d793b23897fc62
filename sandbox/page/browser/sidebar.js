/** Servers, channels, and who one is. */
import { byId, h, icon, morph } from './dom.js';
import { avatar, initials, uploadLimitText } from './people.js';
import { openMenu } from './popup.js';

/** @import { ChannelView, Store } from './types.d.ts' */

/** What each person is there for. @type {Record<string, string>} */
const ROLES = {
  owner: 'Owns the servers',
  moderator: 'May manage messages',
  member: 'A member',
  'other-member': 'Another member',
  installer: 'Added the app to their own account',
};

/** @param {Store} store @param {{ become: (username: string) => void, opened: () => void }} deps */
export function createSidebar(store, { become, opened }) {
  const rail = byId('rail');
  const channels = byId('channels');
  const who = byId('who');

  /** @param {ChannelView} channel */
  const inPlace = (channel) => channel.guildId === (store.channel()?.guildId ?? null);

  /** @param {string | null} guildId */
  const firstOf = (guildId) => store.world?.channels.find((channel) => channel.guildId === guildId);

  const place = (
    /** @type {string | null} */ guildId,
    /** @type {string} */ label,
    /** @type {Node | string} */ face,
  ) => {
    const here = (store.channel()?.guildId ?? null) === guildId;
    const unread = (store.world?.channels ?? []).some(
      (channel) => channel.guildId === guildId && store.unread.has(channel.id),
    );
    return h(
      'button',
      {
        type: 'button',
        class: `server${here ? ' here' : ''}${unread ? ' unread' : ''}`,
        'data-go': firstOf(guildId)?.id ?? '',
        'aria-current': here ? 'true' : null,
        'aria-label': label,
        title: label,
      },
      h('span', { class: 'server-face', 'aria-hidden': 'true' }, face),
    );
  };

  const render = () => {
    const { world } = store;
    if (world === null) return;
    const guild = store.guild();
    morph(
      rail,
      h(
        'div',
        { id: 'rail' },
        firstOf(null) && place(null, 'Direct messages', icon('bubble')),
        firstOf(null) && h('hr'),
        world.guilds.map(({ id, name }) => place(id, name, initials(name))),
      ),
    );
    morph(
      channels,
      h(
        'div',
        { id: 'channels' },
        h('h2', { class: 'server-name' }, guild?.name ?? 'Direct messages'),
        guild &&
          h(
            'p',
            { class: 'server-about' },
            guild.hasBot ? `Files up to ${uploadLimitText(store)}` : 'Without the bot',
          ),
        h(
          'ul',
          {},
          world.channels.filter(inPlace).map((channel) => {
            const here = channel.id === store.channelId;
            const unread = store.unread.has(channel.id);
            return h(
              'li',
              {},
              h(
                'button',
                {
                  type: 'button',
                  class: `channel${here ? ' here' : ''}${unread ? ' unread' : ''}`,
                  'data-go': channel.id,
                  'aria-current': here ? 'page' : null,
                },
                icon(channel.kind === 'guild' ? 'hash' : 'bubble'),
                h('span', {}, channel.name),
                unread && h('span', { class: 'visually-hidden' }, ' (new messages)'),
              ),
            );
          }),
        ),
      ),
    );
    const me = store.user(store.me);
    morph(
      who,
      h(
        'div',
        { id: 'who' },
        h(
          'button',
          {
            type: 'button',
            class: 'who',
            'aria-haspopup': 'menu',
            'data-keep': 'aria-expanded',
          },
          avatar(me),
          h(
            'span',
            { class: 'who-name' },
            h('span', { class: 'visually-hidden' }, 'You are '),
            me?.name ?? '',
            h('span', { class: 'who-role' }, ROLES[me?.username ?? ''] ?? me?.username),
          ),
          icon('down'),
        ),
      ),
    );
  };
  for (const topic of /** @type {const} */ (['world', 'channel', 'message', 'controls']))
    store.on(topic, render);

  byId('sidebar').addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target.closest('button') : null;
    const to = target?.getAttribute('data-go');
    if (to) {
      store.go(to);
      opened();
    } else if (target?.matches('.who')) {
      const people = (store.world?.users ?? []).filter(({ bot }) => !bot);
      const entries = people.map(({ id, name, username }) => {
        return {
          label: name,
          description: ROLES[username] ?? username,
          value: username,
          selected: id === store.me,
        };
      });
      openMenu(target, entries, become, { label: 'Who you are' });
    }
  });
}
