/** The list of messages: patched as they change, held at its end while the person is there. */
import { act, Refused } from './api.js';
import { findComponent, isSelect } from './components.js';
import { byId, h, morph } from './dom.js';
import { optionsOf } from './entities.js';
import { followEnd } from './follow-end.js';
import { openForm } from './form.js';
import { Flag, messageView, pendingView } from './message.js';
import { openMessageMenu } from './message-menu.js';
import { openChoice } from './popup.js';
import { openViewer } from './viewer.js';
import { welcome } from './welcome.js';

/** @import { Message, Store } from './types.d.ts' */

/**
 * @param {Store} store
 * @param {{ announce: (text: string) => void, notice: (text: string) => void, suggest: (line: string) => void, focusText: () => void }} deps
 */
export function createChannel(store, { announce, notice, suggest, focusText }) {
  const list = byId('messages');
  const back = byId('present');
  const end = followEnd(byId('scroller'), list, back);
  back.addEventListener('click', () => {
    end.go();
    focusText();
  });

  /** @param {string} id */
  const elementOf = (id) => document.getElementById(`message-${id}`);

  const renderAll = () => {
    const all = store.shown();
    const items = all.map((message, index) => messageView(message, all[index - 1], store));
    const pending = store.pending.filter(({ channelId }) => channelId === store.channelId);
    const name = store.channel()?.name ?? '';
    const next = h(
      'ol',
      { id: 'messages', 'aria-label': `Messages in ${name}` },
      welcome(store),
      items,
      pending.map((one) => pendingView(one, store)),
    );
    morph(list, next);
    rove();
  };

  /** Patches one message and the one after it, whose grouping may hang on it. @param {string} id */
  const renderOne = (id) => {
    const all = store.shown();
    const index = all.findIndex((message) => message.id === id);
    for (const at of [index, index + 1]) {
      const message = all[at];
      const element = message && elementOf(message.id);
      if (element) morph(element, messageView(message, all[at - 1], store));
    }
  };

  /** Puts in a message that has just come: always the last one. @param {Message} message */
  const add = (message) => {
    const all = store.shown();
    const items = list.querySelectorAll('[data-message]');
    // The first one ends the examples; and the store keeps no more than so many.
    if (all.length === 1 || items.length >= all.length) {
      end.keep(elementOf(all[0]?.id ?? ''), renderAll);
    } else if (elementOf(message.id) === null) {
      const view = messageView(message, all.at(-2), store);
      list.insertBefore(view, list.querySelector('[data-pending]'));
    }
    // Whoever began something wants to see what comes of it.
    if ((message.interaction_metadata?.user ?? message.author).id === store.me) end.go();
    else end.tell();
  };

  /** One message is a tab stop, the last or the one that has the focus; arrow keys go on from it. */
  const rove = () => {
    const items = [...list.querySelectorAll('[data-message]')];
    if (items.some((item) => item.getAttribute('tabindex') === '0')) return;
    items.at(-1)?.setAttribute('tabindex', '0');
  };

  store.on('world', renderAll);
  store.on('pending', () => {
    renderAll();
    if (store.pending.length > 0) end.go();
  });
  store.on('channel', () => {
    list.replaceChildren();
    renderAll();
    end.go();
  });
  for (const topic of /** @type {const} */ (['offers', 'controls'])) {
    store.on(topic, () => {
      const old = list.querySelector('.welcome');
      const next = welcome(store);
      if (old !== null && next !== null) morph(old, next);
    });
  }
  store.on('message', (/** @type {{ change: string, message: Message }} */ { change, message }) => {
    if (message.channel_id !== store.channelId) return;
    if (change === 'create') add(message);
    else if (change === 'update') renderOne(message.id);
    else renderAll();
    tell(message, change);
  });

  /** What was last said about a message. @type {Map<string, string>} */
  const said = new Map();
  /** Says what became of a message to those who do not see it. @param {Message} message @param {string} change */
  const tell = (message, change) => {
    const text = change === 'delete' ? 'A message was deleted' : summary(message, store);
    if (said.get(message.id) === text) return;
    said.set(message.id, text);
    announce(text);
  };

  /** @param {HTMLElement} target @param {Message} message @param {string} customId */
  const use = async (target, message, customId) => {
    const component = findComponent(message.components ?? [], customId);
    if (component === null) return;
    if (!isSelect(component.type)) return await send(message, { kind: 'button', customId });
    const options = optionsOf(component, store);
    openChoice(
      target,
      options.map((option) => ({ ...option, selected: option.default === true })),
      {
        label: component.placeholder ?? 'Choose',
        min: component.min_values ?? 1,
        max: component.max_values ?? 1,
        done: (values) => void send(message, { kind: 'select', customId, values }),
      },
    );
  };

  /** @param {Message} message @param {{ kind: string, customId: string, values?: string[] }} input */
  const send = async (message, input) => {
    const key = `${message.id}:${input.customId}`;
    if (store.busy.has(key)) return;
    store.busy.add(key);
    store.failed.delete(message.id);
    renderOne(message.id);
    try {
      const news = await store.interact({ ...input, messageId: message.id });
      if (news.state === 'failed') {
        store.failed.add(message.id);
        announce('This interaction failed');
      } else if (news.modal !== null) openForm(news.modal, news.id, store);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      store.failed.add(message.id);
      announce(error.message);
    } finally {
      store.busy.delete(key);
      renderOne(message.id);
    }
  };

  /** @param {string} id */
  const jumpTo = (id) => {
    const element = elementOf(id);
    if (element === null) return notice('That message is not here any more.');
    element.scrollIntoView({ block: 'center' });
    element.focus({ preventScroll: true });
    element.classList.add('found');
    setTimeout(() => element.classList.remove('found'), 1_500);
  };

  /** @type {Record<string, (target: HTMLElement, message: Message | undefined) => void>} */
  const actions = {
    press: (target, message) => message && void use(target, message, target.dataset.customId ?? ''),
    choose: (target, message) =>
      message && void use(target, message, target.dataset.customId ?? ''),
    enlarge: (target) => {
      const image = target.querySelector('img');
      if (image) openViewer(image);
    },
    reveal: (target) => {
      target.setAttribute('aria-expanded', 'true');
      for (const name of ['aria-label', 'role', 'tabindex']) target.removeAttribute(name);
    },
    'reveal-picture': (target) => {
      if (target.dataset.revealed) actions.enlarge?.(target, undefined);
      target.dataset.revealed = 'yes';
    },
    jump: (target) => jumpTo(target.dataset.to ?? ''),
    visit: (target) => {
      const { channel = '', to = '' } = target.dataset;
      if (store.channel(channel) === undefined) return notice('You do not see that channel.');
      if (channel !== store.channelId) store.go(channel);
      jumpTo(to);
    },
    more: (target, message) => message && void openMessageMenu(target, message, store),
    dismiss: (target, message) => {
      if (message !== undefined) {
        const gone = act('remove', { userId: store.me, messageId: message.id });
        gone.catch((error) => notice(error.message));
        return;
      }
      const key = target.closest('[data-pending]')?.getAttribute('data-pending');
      store.pending = store.pending.filter((pending) => pending.key !== key);
      store.tell('pending');
    },
    suggest: (target) => suggest(target.dataset.line ?? ''),
  };

  list.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target.closest('[data-action]') : null;
    if (!(target instanceof HTMLElement)) return;
    if (target instanceof HTMLAnchorElement) event.preventDefault();
    const id = target.closest('[data-message]')?.getAttribute('data-message') ?? '';
    actions[target.dataset.action ?? '']?.(target, store.message(id));
  });
  list.addEventListener('contextmenu', (event) => {
    const item = event.target instanceof Element ? event.target.closest('[data-message]') : null;
    const message = store.message(item?.getAttribute('data-message') ?? '');
    if (!(item instanceof HTMLElement) || message === undefined) return;
    event.preventDefault();
    // The menu key of a keyboard names no point.
    const at = event.clientX > 0 ? { x: event.clientX, y: event.clientY } : undefined;
    void openMessageMenu(item, message, store, at);
  });
  list.addEventListener('keydown', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    if (target.dataset.action === 'reveal' && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      target.click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !target.matches('[data-message]')) return;
    event.preventDefault();
    const items = [...list.querySelectorAll('[data-message]')];
    const next = items[items.indexOf(target) + step];
    if (!(next instanceof HTMLElement)) return;
    target.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus();
  });
}

/** A message in a sentence or two. @param {Message} message @param {Store} store */
function summary(message, store) {
  const name = store.user(message.author.id)?.name ?? 'Somebody';
  if (((message.flags ?? 0) & Flag.loading) !== 0) return `${name} is thinking`;
  const embed = message.embeds[0];
  const { description = '' } = embed ?? {};
  // While nothing is thought yet, what is quoted is what was asked for.
  const heading = (/\*\*(.+?)\*\*/.exec(description) ?? /^> (.+)/m.exec(description))?.[1];
  const picture = embed?.image ? 'A picture is there' : '';
  const parts = [message.content, embed?.title, picture || heading, picture && embed?.footer?.text];
  const text = parts.filter(Boolean).join('. ').slice(0, 300);
  return `${name}: ${text || (message.files.length > 0 ? 'a file' : 'a message')}`;
}
