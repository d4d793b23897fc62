/** The list above the composer. Focus stays in the text; the marked line is told by the combobox. */
import { byId, h } from './dom.js';

/** @import { Item } from './types.d.ts' */

/** @typedef {{ title: string, about?: string, items: Item[], pick: (item: Item) => void, mark?: boolean }} Suggestion */

export function createSuggestions() {
  const popup = byId('suggestions');
  /** @type {Suggestion | null} */
  let shown = null;
  let marked = -1;
  /** @type {HTMLElement | null} */
  let field = null;

  const list = h('div', {
    role: 'listbox',
    id: 'suggestion-list',
    'aria-label': 'Suggestions',
    class: 'suggestion-list',
  });
  const head = h('div', { class: 'suggestion-head' });
  popup.append(head, list);
  // A click must not take the focus out of the text.
  popup.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const item = event.target instanceof Element ? event.target.closest('[data-index]') : null;
    const picked = shown?.items[Number(item?.getAttribute('data-index') ?? -1)];
    if (picked !== undefined) shown?.pick(picked);
  });

  const mark = (/** @type {number} */ index) => {
    marked = index;
    for (const [at, element] of [...list.children].entries()) {
      element.setAttribute('aria-selected', String(at === index));
      if (at === index) element.scrollIntoView({ block: 'nearest' });
    }
    if (index < 0) field?.removeAttribute('aria-activedescendant');
    else field?.setAttribute('aria-activedescendant', `suggestion-${index}`);
  };

  const hide = () => {
    shown = null;
    popup.hidden = true;
    field?.setAttribute('aria-expanded', 'false');
    field?.removeAttribute('aria-activedescendant');
  };

  return {
    hide,
    get open() {
      return shown !== null;
    },
    /** What Enter would pick. */
    get marked() {
      return shown?.items[marked] ?? null;
    },
    /** @param {HTMLElement} at the text that it is about @param {Suggestion} suggestion */
    show(at, suggestion) {
      const kept = shown?.items[marked]?.value;
      if (field !== at) field?.setAttribute('aria-expanded', 'false');
      field = at;
      shown = suggestion;
      head.replaceChildren(
        h('strong', {}, suggestion.title),
        suggestion.about ? h('span', {}, suggestion.about) : '',
      );
      list.replaceChildren(
        ...suggestion.items.map((item, index) =>
          h(
            'div',
            {
              role: 'option',
              id: `suggestion-${index}`,
              'data-index': index,
              class: 'suggestion',
              'aria-selected': 'false',
            },
            h(
              'span',
              { class: 'suggestion-label' },
              item.label,
              item.hint && h('span', { class: 'suggestion-hint' }, item.hint),
            ),
            item.detail && h('span', { class: 'suggestion-detail' }, item.detail),
          ),
        ),
      );
      popup.hidden = false;
      list.hidden = suggestion.items.length === 0;
      at.setAttribute('aria-expanded', String(suggestion.items.length > 0));
      const before = suggestion.items.findIndex(({ value }) => value === kept);
      mark(before >= 0 ? before : suggestion.mark && suggestion.items.length > 0 ? 0 : -1);
    },
    /** Marks the next or last line; false when there is none. @param {1 | -1} step */
    move(step) {
      const count = shown?.items.length ?? 0;
      if (count === 0) return false;
      mark(marked < 0 ? (step > 0 ? 0 : count - 1) : (marked + step + count) % count);
      return true;
    },
    /** @param {Item | undefined | null} item */
    pick(item) {
      if (item) shown?.pick(item);
    },
    get first() {
      return shown?.items[0] ?? null;
    },
  };
}

/** @typedef {ReturnType<typeof createSuggestions>} Suggestions */

/** A text that grows with what is written in it. @param {Record<string, unknown>} attributes */
export function growingText(attributes) {
  const text = h('textarea', {
    rows: 1,
    cols: 1,
    spellcheck: 'false',
    autocomplete: 'off',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': 'suggestion-list',
    ...attributes,
  });
  const box = h('span', { class: 'grow' }, text);
  const grow = () => box.setAttribute('data-value', text.value || text.placeholder);
  text.addEventListener('input', grow);
  grow();
  return { box, text, grow };
}
