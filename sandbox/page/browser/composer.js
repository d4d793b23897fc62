/** Where one writes: plain messages, and slash commands once a `/` begins the text. */
import { act, get, Refused, upload } from './api.js';
import { createCommandLine } from './command-line.js';
import { byId, h, icon } from './dom.js';
import { removeButton } from './file-control.js';
import { openForm } from './form.js';
import { offersOf } from './option-values.js';
import { sizeText } from './people.js';
import { runCommand } from './run-command.js';
import { createSuggestions, growingText } from './suggestions.js';

/** @import { Item, Offer, Store } from './types.d.ts' */
/** @import { CommandLine } from './command-line.js' */

/** @param {Store} store @param {{ announce: (text: string) => void }} deps */
export function createComposer(store, { announce }) {
  const form = byId('composer');
  const place = byId('composer-place');
  const uploads = byId('uploads');
  const problem = byId('composer-problem');
  const suggestions = createSuggestions();
  const plain = growingText({ id: 'message-text', 'aria-label': 'Message' });
  const picker = /** @type {HTMLInputElement} */ (byId('composer-files'));
  /** @type {CommandLine | null} */
  let command = null;
  /** Files for a plain message. @type {File[]} */
  let files = [];
  place.append(plain.box);

  const name = () => {
    const channel = store.channel();
    return channel?.kind === 'guild' ? `#${channel.name}` : `@${channel?.name ?? ''}`;
  };
  const rename = () => {
    plain.text.placeholder = `Message ${name()}`;
    plain.text.setAttribute('aria-label', `Message ${name()}`);
    plain.grow();
  };
  const refresh = async () => {
    const { me: user, channelId: channel } = store;
    if (channel === '') return;
    const commands = await get('commands', { user, channel }).catch(() => []);
    if (channel !== store.channelId || user !== store.me) return;
    store.offers = offersOf(commands);
    store.tell('offers');
    // Whoever typed faster than the answer came.
    if (document.activeElement === plain.text) suggest();
  };
  store.on('channel', () => {
    store.offers = null;
    leave('');
    rename();
    void refresh();
  });
  store.on('world', () => {
    rename();
    void refresh();
  });
  store.on('commands', () => void refresh());

  /** @param {string} text */
  const tell = (text) => {
    problem.textContent = text;
    problem.hidden = text === '';
  };

  /** @param {Offer} offer @param {string} [rest] */
  const enter = (offer, rest = '') => {
    uploads.replaceChildren();
    tell('');
    command = createCommandLine(offer, {
      store,
      suggestions,
      uploads,
      send: () => void send(),
      leave,
    });
    place.replaceChildren(command.element);
    command.fill(rest);
    for (const file of files.splice(0)) command.take(file);
    command.focus();
  };

  /** Back to plain text. @param {string} text */
  function leave(text) {
    const had = place.contains(document.activeElement);
    command = null;
    uploads.replaceChildren();
    files = [];
    suggestions.hide();
    plain.text.value = text;
    plain.grow();
    place.replaceChildren(plain.box);
    if (had || text !== '') plain.text.focus();
    if (text !== '') suggest();
  }

  const suggest = () => {
    tell('');
    const { value } = plain.text;
    const { offers } = store;
    if (offers === null) return suggestions.hide();
    const whole = offers.find(({ path }) => value.startsWith(`/${path} `));
    if (whole !== undefined) return enter(whole, value.slice(whole.path.length + 2));
    const typed = /^\/([\w -]*)$/.exec(value)?.[1]?.toLowerCase();
    if (typed === undefined) return suggestions.hide();
    const items = offers
      .filter(({ path }) => path.startsWith(typed))
      .map((offer) => ({
        label: `/${offer.path}`,
        value: offer.path,
        detail: offer.description,
        hint: offer.options
          .filter(({ required }) => required)
          .map((option) => option.name)
          .join('  '),
      }));
    const about =
      offers.length === 0
        ? 'No application offers commands to you here.'
        : items.length === 0
          ? 'No command begins like this.'
          : '';
    const pick = (/** @type {Item} */ item) => {
      const offer = offers.find(({ path }) => path === item.value);
      if (offer) enter(offer);
    };
    suggestions.show(plain.text, { title: 'Commands', about, items, pick, mark: true });
  };
  plain.text.addEventListener('input', suggest);
  plain.text.addEventListener('focus', suggest);
  plain.text.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const { key } = event;
    const step = { ArrowDown: /** @type {const} */ (1), ArrowUp: /** @type {const} */ (-1) }[key];
    if (step !== undefined) {
      if (!suggestions.open || !suggestions.move(step)) return;
    } else if (key === 'Escape' && suggestions.open) suggestions.hide();
    else if ((key === 'Tab' && !event.shiftKey) || (key === 'Enter' && !event.shiftKey)) {
      if (suggestions.open && suggestions.marked) suggestions.pick(suggestions.marked);
      else if (key === 'Enter') void send();
      else return;
    } else return;
    event.preventDefault();
  });
  form.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node && form.contains(event.relatedTarget)))
      suggestions.hide();
  });

  const send = async () => {
    tell('');
    try {
      await (command === null ? sendText() : sendCommand(command));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message);
    }
  };

  const sendText = async () => {
    const content = plain.text.value.trim();
    if (content === '' && files.length === 0) return;
    const slash = /^\/([\w-]+)(?!\S)/.exec(content)?.[1];
    if (slash !== undefined) {
      if (store.offers === null) await refresh();
      const offer = store.offers?.find(({ path }) => path.split(' ')[0] === slash);
      return offer ? enter(offer) : tell(`No command /${slash} is offered to you here.`);
    }
    const given = await Promise.all(files.map((file) => upload(store.me, file)));
    await act('post', {
      userId: store.me,
      channelId: store.channelId,
      content,
      fileIds: given.map(({ id }) => id),
    });
    leave('');
  };

  /** @param {CommandLine} line */
  const sendCommand = async (line) => {
    const options = await line.read();
    if (options === null || command !== line) return;
    const input = { kind: 'slash', channelId: store.channelId, command: line.path, options };
    const running = runCommand(store, `/${line.path}`, input);
    leave('');
    announce('Command sent');
    const news = await running;
    if (news.modal) openForm(news.modal, news.id, store);
  };

  /** @param {Iterable<File>} given */
  const take = (given) => {
    for (const file of given) {
      if (command === null) files.push(file);
      else if (!command.take(file))
        tell(`/${command.path} takes no further file, or none of this kind.`);
    }
    if (command !== null) return;
    uploads.replaceChildren(
      ...files.map((file) => {
        const drop = removeButton(file, () => {
          files = files.filter((one) => one !== file);
          take([]);
        });
        return h(
          'div',
          { class: 'upload-card' },
          h('span', { class: 'upload-picture' }, icon('file')),
          h('span', { class: 'file-name' }, file.name),
          h('span', { class: 'file-size' }, sizeText(file.size)),
          drop,
        );
      }),
    );
    plain.text.focus();
  };
  byId('attach').addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    take([...(picker.files ?? [])]);
    picker.value = '';
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
  document.addEventListener('paste', (event) => {
    const given = event.clipboardData?.files;
    if (!given?.length || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    take(given);
  });
  const main = byId('main');
  // A file that is dropped beside every place for it would open in the page's stead.
  for (const name of /** @type {const} */ (['dragover', 'drop'])) {
    document.addEventListener(name, (event) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    });
  }
  main.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    main.classList.add('dragging');
  });
  main.addEventListener('dragleave', (event) => {
    if (!(event.relatedTarget instanceof Node && main.contains(event.relatedTarget)))
      main.classList.remove('dragging');
  });
  main.addEventListener('drop', (event) => {
    event.preventDefault();
    main.classList.remove('dragging');
    take(event.dataTransfer?.files ?? []);
  });
  // As in Discord: whatever is typed while nothing has the focus goes to the message.
  document.addEventListener('keydown', (event) => {
    const free = document.activeElement === null || document.activeElement === document.body;
    if (free && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey)
      plain.text.focus();
  });

  return {
    /** Puts a whole line in, ready to be sent. @param {string} line */
    suggest(line) {
      leave('');
      plain.text.value = line;
      plain.grow();
      suggest();
      if (command === null) plain.text.focus();
    },
    focus: () => (command === null ? plain.text.focus() : command.focus()),
  };
}
