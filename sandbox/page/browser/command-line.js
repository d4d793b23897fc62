/** A slash command being filled in: its name, a pill for each option, and room for more of them. */
import { upload } from './api.js';
import { clearWrong, createFileField, createTextField, isEmpty } from './command-field.js';
import { h } from './dom.js';
import { refusalOf, takesFile } from './file-types.js';
import { choicesOf, OptionType, readOption, splitOptions, typeText } from './option-values.js';
import { growingText } from './suggestions.js';

/** @import { Item, Offer, Option, Store } from './types.d.ts' */
/** @import { Field } from './command-field.js' */
/** @import { Suggestions } from './suggestions.js' */

/** How long typing must rest before the bot is asked for suggestions. */
const COMPLETE_AFTER_MS = 200;

/**
 * @param {Offer} offer
 * @param {{ store: Store, suggestions: Suggestions, uploads: HTMLElement, send: () => void, leave: (text: string) => void }} deps
 */
export function createCommandLine(offer, { store, suggestions, uploads, send, leave }) {
  /** @type {Field[]} */
  const fields = [];
  const tail = growingText({ class: 'tail', 'aria-label': `More options of /${offer.path}` });
  const problem = h('span', { class: 'visually-hidden', role: 'alert' });
  const element = h(
    'div',
    { class: 'command-line' },
    h('span', { class: 'command-chip' }, `/${offer.path}`),
    tail.box,
    problem,
  );
  let asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let asking;

  const free = () =>
    offer.options.filter((option) => !fields.some((field) => field.option === option));

  /** @param {Option} option @returns {Field} */
  const add = (option) => {
    const isFile = option.type === OptionType.attachment;
    const field = isFile ? createFileField(option, uploads, give) : createTextField(option);
    attend(field);
    fields.push(field);
    tail.box.before(field.element);
    return field;
  };

  /** @param {Field} field */
  const attend = (field) => {
    const { focus, text } = field;
    focus.addEventListener('focus', () => suggest(field));
    focus.addEventListener('keydown', (event) =>
      onKey(/** @type {KeyboardEvent} */ (event), field),
    );
    text?.addEventListener('input', () => {
      field.picked = null;
      clearWrong(field);
      // The option is open already when its name is typed out, as one would in Discord's text.
      if (text.value === `${field.option.name}:`) field.setText('');
      // A further option's name at the end opens it, so that a whole line can be typed in one go.
      const named = /(?:^|\s)([\w-]+):$/.exec(text.value)?.[1];
      const following = free().find(({ name }) => name === named);
      if (named !== undefined && following !== undefined) {
        field.setText(text.value.slice(0, -named.length - 1).trimEnd());
        add(following).focus.focus();
      } else suggest(field);
    });
  };

  /** @param {Field} field */
  const remove = (field) => {
    const index = fields.indexOf(field);
    fields.splice(index, 1);
    field.element.remove();
    uploads.querySelector(`[data-card="${field.option.name}"]`)?.remove();
    (fields[index - 1]?.focus ?? tail.text).focus();
  };

  /** @param {Field} field @param {File} file */
  const give = (field, file) => {
    const { file_types: types } = field.option;
    if (!takesFile(types, file.name)) return wrong(field, refusalOf(types));
    field.setFile(file);
    next(field);
  };

  /** To the next option that must be filled in, else to the end. @param {Field} field */
  const next = (field) => {
    const empty = fields.find((one) => one !== field && one.option.required && isEmpty(one));
    (empty?.focus ?? tail.text).focus();
  };

  /** What can be said about the option that has the focus. @param {Field} field */
  const suggest = (field) => {
    const { option, text } = field;
    const about = option.description;
    const typed = text?.value.trim().toLowerCase() ?? '';
    const pick = (/** @type {Item} */ item) => {
      field.setText(item.label);
      field.picked = item.value;
      clearWrong(field);
      next(field);
    };
    const choices = choicesOf(option, store);
    const fitting = (choices ?? []).filter(
      ({ label }) => field.picked !== null || label.toLowerCase().includes(typed),
    );
    suggestions.show(field.focus, { title: option.name, about, items: fitting, pick, mark: true });
    clearTimeout(asking);
    if (option.autocomplete)
      asking = setTimeout(() => void complete(field, pick), COMPLETE_AFTER_MS);
  };

  /** Asks the bot. @param {Field} field @param {(item: Item) => void} pick */
  const complete = async (field, pick) => {
    asked += 1;
    const mine = asked;
    /** @type {Record<string, string | number | boolean>} */
    const options = {};
    for (const one of fields) {
      if (one.text === null || one === field) continue;
      const read = readOption(one.option, one.text.value, one.picked, store);
      if ('value' in read) options[one.option.name] = read.value;
    }
    options[field.option.name] = field.text?.value ?? '';
    const input = {
      kind: 'autocomplete',
      channelId: store.channelId,
      command: offer.path,
      options,
      focused: field.option.name,
    };
    const news = await store.interact(input).catch(() => null);
    if (mine !== asked || document.activeElement !== field.focus) return;
    const items = (news?.choices ?? []).map(({ name, value }) => ({
      label: name,
      value: String(value),
    }));
    const about =
      news === null || news.state === 'failed'
        ? 'Loading options failed'
        : field.option.description;
    suggestions.show(field.focus, { title: field.option.name, about, items, pick });
  };

  /** What may still be added. */
  const suggestMore = () => {
    const typed = tail.text.value.trim().toLowerCase();
    const items = free()
      .filter(({ name }) => name.startsWith(typed))
      .map((option) => ({
        label: option.name,
        value: option.name,
        detail: option.description,
        hint: option.required ? 'required' : typeText(option),
      }));
    const pick = (/** @type {Item} */ item) => {
      const option = offer.options.find(({ name }) => name === item.value);
      if (option === undefined) return;
      tail.text.value = '';
      tail.grow();
      add(option).focus.focus();
    };
    const about = items.length > 0 ? 'more options; Enter sends' : 'Enter sends';
    suggestions.show(tail.text, {
      title: `/${offer.path}`,
      about,
      items,
      pick,
      mark: typed !== '',
    });
  };
  tail.text.addEventListener('focus', suggestMore);
  tail.text.addEventListener('input', () => {
    const named = /^\s*([\w-]+):/.exec(tail.text.value);
    const option = free().find(({ name }) => name === named?.[1]);
    if (named === null || option === undefined) return suggestMore();
    const rest = tail.text.value.slice(named[0].length);
    tail.text.value = '';
    tail.grow();
    const field = add(option);
    field.setText(rest.trim());
    field.focus.focus();
  });
  tail.text.addEventListener('keydown', (event) => onKey(event, null));

  /** @param {KeyboardEvent} event @param {Field | null} field null at the end of the line */
  const onKey = (event, field) => {
    if (event.isComposing) return;
    const text = field === null ? tail.text : field.text;
    const { key } = event;
    const atStart = text === null || (text.selectionStart === 0 && text.selectionEnd === 0);
    const atEnd = text === null || text.selectionStart === text.value.length;
    const places = [...fields.map(({ focus }) => focus), tail.text];
    const at = field === null ? places.length - 1 : fields.indexOf(field);
    const handled = (() => {
      if (key === 'ArrowDown' || key === 'ArrowUp')
        return suggestions.move(key === 'ArrowDown' ? 1 : -1);
      if (key === 'Escape') {
        if (suggestions.open) suggestions.hide();
        else leave('');
        return true;
      }
      if (key === 'Enter' && !event.shiftKey) {
        if (suggestions.marked) suggestions.pick(suggestions.marked);
        // The key opens the file picker while there is no file.
        else if (text === null && isEmpty(/** @type {Field} */ (field))) return false;
        else send();
        return true;
      }
      if (key === 'Tab' && !event.shiftKey && suggestions.open) {
        const item = suggestions.marked ?? (field === null ? suggestions.first : null);
        suggestions.pick(item);
        return item !== null;
      }
      if (key === 'Backspace' && (text === null || text.value === '')) {
        if (field !== null && !field.option.required) remove(field);
        else if (at > 0) focusEnd(places[at - 1]);
        else leave(`/${offer.path}`);
        return true;
      }
      if (key === 'ArrowLeft' && atStart && at > 0) return focusEnd(places[at - 1]);
      if (key === 'ArrowRight' && atEnd && at < places.length - 1) {
        places[at + 1]?.focus();
        return true;
      }
      return false;
    })();
    if (handled) event.preventDefault();
  };

  /** @param {Field} field @param {string} why */
  const wrong = (field, why) => {
    field.element.classList.add('wrong');
    field.focus.setAttribute('aria-invalid', 'true');
    field.focus.focus();
    suggestions.show(field.focus, {
      title: field.option.name,
      about: why,
      items: [],
      pick: () => {},
    });
    problem.textContent = `${field.option.name}: ${why}`;
  };

  for (const option of offer.options.filter(({ required }) => required)) add(option);

  return {
    element,
    path: offer.path,
    focus() {
      const empty = fields.find(isEmpty);
      (empty?.focus ?? tail.text).focus();
    },
    /** Fills in what was typed or pasted after the name. @param {string} text */
    fill(text) {
      for (const given of splitOptions(text, offer.options)) {
        const option = offer.options.find(({ name }) => name === given.name);
        if (option === undefined) continue;
        const field = fields.find((one) => one.option === option) ?? add(option);
        field.setText(given.text);
      }
    },
    /** Gives a file to the first option that has room for it; false when none has. @param {File} file */
    take(file) {
      const isFree = (/** @type {Field} */ field) => fits(field.option) && field.file === null;
      const fits = (/** @type {Option} */ { type, file_types: types }) =>
        type === OptionType.attachment && takesFile(types, file.name);
      const more = free().find(fits);
      const field = fields.find(isFree) ?? (more && add(more));
      if (field === undefined) return false;
      field.setFile(file);
      next(field);
      return true;
    },
    /**
     * The options as they are sent, with their files uploaded; null when something is missing,
     * which the person is then told.
     * @returns {Promise<Record<string, string | number | boolean> | null>}
     */
    async read() {
      /** @type {Record<string, string | number | boolean>} */
      const values = {};
      for (const field of fields) {
        const { option, text, picked } = field;
        if (isEmpty(field) && option.required) {
          wrong(field, 'This option is required');
          return null;
        }
        if (text === null) continue;
        const read = readOption(option, text.value, picked, store);
        if ('problem' in read) {
          wrong(field, read.problem);
          return null;
        }
        values[option.name] = read.value;
      }
      for (const { option, file } of fields) {
        if (file !== null) values[option.name] = (await upload(store.me, file)).id;
      }
      return values;
    },
  };
}

/** @typedef {ReturnType<typeof createCommandLine>} CommandLine */

/** @param {HTMLElement | undefined} place */
function focusEnd(place) {
  place?.focus();
  if (place instanceof HTMLTextAreaElement)
    place.setSelectionRange(place.value.length, place.value.length);
  return true;
}
