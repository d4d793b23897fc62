/** What the page knows, and who wants to hear when it changes. */
import { act } from './api.js';

/** @import { InteractionNews, Message, Store, Topic } from './types.d.ts' */

/** Messages of one channel that the page keeps; beyond it a third of them goes, oldest first. */
const MAX_MESSAGES = 300;

/** Lines that the log keeps. */
const MAX_LOG = 500;

/** @returns {Store} */
export function createStore() {
  /** @type {Map<Topic, Set<(detail?: any) => void>>} */
  const listeners = new Map();
  /** @type {Map<string, InteractionNews>} */
  const news = new Map();
  /** @type {Map<string, (news: InteractionNews) => void>} */
  const waiting = new Map();

  /** @type {Map<string, Message[]>} */
  let messages = new Map();

  const forget = (/** @type {string} */ channelId, /** @type {Message[]} */ all) => {
    all.splice(0, MAX_MESSAGES / 3);
    const channel = store.channel(channelId);
    if (channel !== undefined) channel.hasOlder = true;
  };

  /** @type {Store} */
  const store = {
    world: null,
    controls: null,
    log: [],
    channelId: '',
    offers: null,
    pending: [],
    busy: new Set(),
    failed: new Set(),
    unread: new Set(),

    on(topic, listener) {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(listener));
    },
    tell(topic, detail) {
      for (const listener of listeners.get(topic) ?? []) listener(detail);
    },
    get me() {
      return store.world?.me ?? '';
    },
    user(id) {
      return store.world?.users.find((user) => user.id === id);
    },
    channel(id = store.channelId) {
      return store.world?.channels.find((channel) => channel.id === id);
    },
    guild(id = store.channel()?.guildId) {
      return store.world?.guilds.find((guild) => guild.id === id);
    },
    message(id) {
      for (const all of messages.values()) {
        const found = all.find((message) => message.id === id);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    shown() {
      return messages.get(store.channelId) ?? [];
    },

    takeWorld(world) {
      store.world = world;
      messages = new Map(
        Object.entries(world.messages).map(([id, all]) => {
          return [id, /** @type {Message[]} */ (/** @type {unknown} */ (all))];
        }),
      );
      store.busy.clear();
      if (store.channel() === undefined) store.channelId = world.channels[0]?.id ?? '';
      store.tell('world');
    },
    takeMessage({ change, message }) {
      const all = messages.get(message.channel_id);
      if (all === undefined) return;
      const at = all.findIndex(({ id }) => id === message.id);
      if (change === 'delete') {
        if (at >= 0) all.splice(at, 1);
      } else if (at >= 0) all[at] = message;
      else if (change === 'create') {
        all.push(message);
        if (all.length > MAX_MESSAGES) forget(message.channel_id, all);
        if (message.channel_id !== store.channelId) store.unread.add(message.channel_id);
      }
      store.tell('message', { change, message });
    },
    takeInteraction(event) {
      if (event.state === 'created') return;
      news.set(event.id, event);
      waiting.get(event.id)?.(event);
      waiting.delete(event.id);
    },
    takeLog(entry) {
      store.log.push(entry);
      if (store.log.length > MAX_LOG) store.log.shift();
      store.tell('log', entry);
    },
    go(id) {
      store.channelId = id;
      store.unread.delete(id);
      store.tell('channel');
    },

    async interact(input) {
      const { id } = await act('interact', { ...input, userId: store.me });
      const known = news.get(id);
      if (known !== undefined) return known;
      return await new Promise((resolve) => waiting.set(id, resolve));
    },
  };
  return store;
}
