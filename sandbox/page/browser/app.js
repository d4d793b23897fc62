/** The page's beginning: everything is built and wired here. */
import { follow } from './api.js';
import { createChannel } from './channel.js';
import { createComposer } from './composer.js';
import { byId, icon } from './dom.js';
import { createHead } from './head.js';
import { createNotice } from './notice.js';
import { createPanel } from './panel.js';
import { closePopup } from './popup.js';
import { createSidebar } from './sidebar.js';
import { createStore } from './store.js';
import { startTicking } from './time.js';

/** @import { WorldView } from './types.d.ts' */

const THEME = 'sandbox-theme';

const store = createStore();
const root = document.documentElement;
root.dataset.theme =
  localStorage.getItem(THEME) ??
  (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');

const announcer = byId('announcer');
/** Says something to a screen reader. @param {string} text */
const announce = (text) => {
  announcer.textContent = text;
};

/** Who and where stand in the address, so that a reload and a second window keep them apart. */
const address = new URLSearchParams(location.hash.slice(1));
const note = () => {
  const { username = '' } = store.user(store.me) ?? {};
  const { name = '', guildId } = store.channel() ?? {};
  const place = guildId ? `${store.guild()?.name}/${name}` : `dm/${name}`;
  history.replaceState(null, '', `#as=${username}&in=${encodeURIComponent(place)}`);
  document.title = `${guildId ? '#' : '@'}${name} | ${store.world?.application.name}’s sandbox`;
};
/** @param {WorldView} world @param {string} place */
const findPlace = (world, place) => {
  const [where, name] = place.split('/');
  const guild = world.guilds.find((one) => one.name === where);
  return world.channels.find(
    (channel) => channel.name === name && channel.guildId === (guild?.id ?? null),
  );
};

let stop = () => {};
/** @param {string} user */
const become = (user) => {
  stop();
  store.pending = [];
  stop = follow(user, {
    world: (world) => {
      const first = store.world === null;
      const wanted = first ? findPlace(world, address.get('in') ?? 'Studio/general') : undefined;
      if (wanted) store.channelId = wanted.id;
      line('');
      store.takeWorld(world);
      store.tell('channel');
      note();
      if (first) composer.focus();
    },
    message: store.takeMessage,
    interaction: store.takeInteraction,
    commands: () => store.tell('commands'),
    controls: (controls) => {
      store.controls = controls;
      store.tell('controls');
    },
    'log-so-far': (log) => {
      store.log = log;
      store.tell('log');
    },
    log: store.takeLog,
    lost: (over) =>
      line(
        over
          ? 'The sandbox was started anew: reload the page.'
          : 'The sandbox does not answer. Trying again…',
      ),
  });
};
/** @param {string} text */
const line = (text) => {
  byId('line').textContent = text;
  byId('line').hidden = text === '';
};

const narrow = matchMedia('(max-width: 760px)');
const setMenu = (/** @type {boolean} */ open) => {
  root.classList.toggle('menu-open', open);
  byId('sidebar').inert = narrow.matches && !open;
  if (open) byId('sidebar').querySelector('button')?.focus();
};
narrow.addEventListener('change', () => setMenu(false));
setMenu(false);
byId('shade').addEventListener('click', () => setMenu(false));
byId('sidebar').addEventListener('keydown', (event) => event.key === 'Escape' && setMenu(false));

byId('attach').append(icon('plus'));
byId('send').append(icon('send'));
const composer = createComposer(store, { announce });
createChannel(store, {
  announce,
  notice: createNotice(),
  suggest: (text) => composer.suggest(text),
  focusText: () => composer.focus(),
});
createSidebar(store, { become, opened: () => setMenu(false) });
const panel = createPanel(store, { announce });
createHead(store, {
  toggleMenu: () => setMenu(!root.classList.contains('menu-open')),
  togglePanel: (tab) => panel.toggle(tab),
  toggleTheme: () => {
    root.dataset.theme = root.dataset.theme === 'light' ? 'dark' : 'light';
    localStorage.setItem(THEME, root.dataset.theme);
  },
});
store.on('channel', () => {
  closePopup();
  if (store.world !== null) note();
});
startTicking();
become(address.get('as') ?? 'member');
