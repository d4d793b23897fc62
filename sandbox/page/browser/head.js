/** The bar above the messages: where one is, how the bot is, and what can be opened. */
import { byId, h, icon, morph } from './dom.js';

/** @import { Store } from './types.d.ts' */

/** @import { IconName } from './dom.js' */

/** @param {Store} store @param {{ toggleMenu: () => void, togglePanel: (tab: 'controls' | 'log') => void, toggleTheme: () => void }} deps */
export function createHead(store, { toggleMenu, togglePanel, toggleTheme }) {
  const head = byId('head');
  const actions = /** @type {Record<string, () => void>} */ ({
    menu: toggleMenu,
    controls: () => togglePanel('controls'),
    log: () => togglePanel('log'),
    theme: toggleTheme,
  });

  /** @param {string} action @param {IconName} name @param {string} label @param {string} [extra] */
  const tool = (action, name, label, extra = '') =>
    h(
      'button',
      {
        type: 'button',
        class: `tool ${extra}`,
        'data-head': action,
        'aria-label': label,
        title: label,
        'data-keep': 'aria-pressed',
      },
      icon(name),
    );

  const render = () => {
    const channel = store.channel();
    const bot = store.controls?.bot;
    const state =
      bot === undefined ? '' : bot.busy ? 'restarting' : bot.connected ? 'online' : 'offline';
    morph(
      head,
      h(
        'header',
        { id: 'head' },
        tool('menu', 'menu', 'Servers and channels', 'only-narrow'),
        h(
          'span',
          { class: 'head-place' },
          icon(channel?.kind === 'guild' ? 'hash' : 'bubble'),
          h('h1', {}, channel?.name ?? ''),
        ),
        h(
          'span',
          { class: `bot-state ${state}`, role: 'status' },
          h('i', { 'aria-hidden': 'true' }),
          h('span', {}, `${store.world?.application.name ?? 'The bot'} is ${state}`),
        ),
        h(
          'span',
          { class: 'head-tools' },
          tool('theme', 'sun', 'Dark or light'),
          tool('log', 'log', 'What goes over the wire'),
          tool('controls', 'sliders', 'Controls of the sandbox'),
        ),
      ),
    );
  };
  for (const topic of /** @type {const} */ (['world', 'channel', 'controls']))
    store.on(topic, render);
  head.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-head]') : null;
    actions[button?.getAttribute('data-head') ?? '']?.();
  });
}
