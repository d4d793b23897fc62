/** What opens over the page at an element: menus, and lists to choose from. One at a time. */
import { byId, h, icon } from './dom.js';

/** @typedef {{ label: string, description?: string, value: string, danger?: boolean, heading?: boolean, selected?: boolean }} Entry */

/** @type {(() => void) | null} */
let closeOpen = null;

/** Closes whatever is open. */
export function closePopup() {
  closeOpen?.();
}

/**
 * A menu of things to do. Arrow keys move, Enter and Space pick, Escape closes; focus goes back.
 * @param {Element} anchor
 * @param {Entry[]} entries
 * @param {(value: string) => void} pick
 * @param {{ label: string, at?: { x: number, y: number } }} options
 */
export function openMenu(anchor, entries, pick, { label, at }) {
  const buttons = entries.map((entry) =>
    entry.heading
      ? h('div', { class: 'popup-heading', role: 'presentation' }, entry.label)
      : h(
          'button',
          {
            type: 'button',
            role: entry.selected === undefined ? 'menuitem' : 'menuitemradio',
            'aria-checked': entry.selected === undefined ? null : String(entry.selected),
            class: `popup-item${entry.danger ? ' danger' : ''}`,
            'data-value': entry.value,
            tabindex: -1,
          },
          h(
            'span',
            { class: 'popup-label' },
            entry.label,
            entry.description && h('span', { class: 'popup-detail' }, entry.description),
          ),
          entry.selected && icon('check'),
        ),
  );
  const popup = h('div', { class: 'popup', role: 'menu', 'aria-label': label }, buttons);
  popup.addEventListener('click', (event) => {
    const value = closestValue(event.target);
    if (value === null) return;
    close();
    pick(value);
  });
  const close = show(popup, anchor, at);
}

/**
 * A list to choose from. One value is taken at once; of several each click ticks one, and they are
 * taken when the list closes.
 * @param {Element} anchor
 * @param {Entry[]} entries
 * @param {{ label: string, min: number, max: number, done: (values: string[]) => void }} options
 */
export function openChoice(anchor, entries, { label, min, max, done }) {
  const several = max > 1 || min === 0;
  const chosen = new Set(entries.filter(({ selected }) => selected).map(({ value }) => value));
  const before = [...chosen].sort().join();
  const items = entries.map((entry) =>
    h(
      'button',
      {
        type: 'button',
        role: 'option',
        class: 'popup-item',
        'aria-selected': String(chosen.has(entry.value)),
        'data-value': entry.value,
        tabindex: -1,
      },
      h(
        'span',
        { class: 'popup-label' },
        entry.label,
        entry.description && h('span', { class: 'popup-detail' }, entry.description),
      ),
      h(
        'span',
        { class: several ? 'tick' : 'tick tick-round', 'aria-hidden': 'true' },
        icon('check'),
      ),
    ),
  );
  const popup = h(
    'div',
    {
      class: 'popup popup-choice',
      role: 'listbox',
      'aria-label': label,
      'aria-multiselectable': several ? 'true' : null,
    },
    items.length > 0
      ? items
      : h('div', { class: 'popup-heading', role: 'presentation' }, 'There is nothing to choose.'),
  );
  popup.addEventListener('click', (event) => {
    const value = closestValue(event.target);
    if (value === null) return;
    if (!several) {
      chosen.clear();
      chosen.add(value);
      close();
      return;
    }
    if (chosen.has(value)) chosen.delete(value);
    else {
      // With room for one, a new choice takes the place of the old.
      if (max === 1) chosen.clear();
      if (chosen.size < max) chosen.add(value);
    }
    for (const item of items) {
      item.setAttribute('aria-selected', String(chosen.has(item.dataset.value ?? '')));
    }
  });
  const close = show(popup, anchor, undefined, () => {
    if ([...chosen].sort().join() === before || chosen.size < min) return;
    done(entries.map(({ value }) => value).filter((value) => chosen.has(value)));
  });
}

/** @param {EventTarget | null} target */
function closestValue(target) {
  return target instanceof Element
    ? (target.closest('[data-value]')?.getAttribute('data-value') ?? null)
    : null;
}

/**
 * @param {HTMLElement} popup
 * @param {Element} anchor
 * @param {{ x: number, y: number }} [at]
 * @param {() => void} [closed]
 */
function show(popup, anchor, at, closed) {
  closePopup();
  const opener = document.activeElement;
  // Within a dialog everything else is inert.
  (anchor.closest('dialog') ?? byId('main')).append(popup);
  place(popup, anchor, at);
  anchor.setAttribute('aria-expanded', 'true');
  const items = () => [...popup.querySelectorAll('button')];
  const start = items().find((item) => item.getAttribute('aria-selected') === 'true') ?? items()[0];
  start?.focus({ preventScroll: true });
  start?.scrollIntoView({ block: 'nearest' });

  /** @param {Event} event */
  const outside = (event) => {
    if (event.target instanceof Node && !popup.contains(event.target)) close();
  };
  const close = () => {
    if (!popup.isConnected) return;
    const inside = popup.contains(document.activeElement);
    closeOpen = null;
    popup.remove();
    anchor.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('resize', close);
    const back = anchor.isConnected && anchor.matches('button, [tabindex]') ? anchor : opener;
    if (inside && back instanceof HTMLElement) back.focus({ preventScroll: true });
    closed?.();
  };
  popup.addEventListener('keydown', (event) => {
    const all = items();
    const index = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') close();
    else if (step !== undefined) all.at((index + step) % all.length)?.focus();
    else if (event.key === 'Home') all[0]?.focus();
    else if (event.key === 'End') all.at(-1)?.focus();
    else {
      const letter = event.key.length === 1 ? event.key.toLowerCase() : '';
      const after = [...all.slice(index + 1), ...all];
      if (letter.trim() !== '')
        after.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('resize', close);
  closeOpen = close;
  return close;
}

/** @param {HTMLElement} popup @param {Element} anchor @param {{ x: number, y: number }} [at] */
function place(popup, anchor, at) {
  const box = anchor.getBoundingClientRect();
  if (popup.classList.contains('popup-choice')) popup.style.minWidth = `${box.width}px`;
  const { offsetWidth: width, offsetHeight: height } = popup;
  const [edgeX, edgeY] = [window.innerWidth - width - 8, window.innerHeight - height - 8];
  const below = at?.y ?? box.bottom + 4;
  const fitsBelow = below <= edgeY;
  const y = at !== undefined || fitsBelow ? Math.min(below, edgeY) : box.top - height - 4;
  popup.style.left = `${Math.max(8, Math.min(at?.x ?? box.left, edgeX))}px`;
  popup.style.top = `${Math.max(8, y)}px`;
}
