/** Buttons and selects of a message, and the parts of Discord's newer component messages. */
import { h, icon } from './dom.js';
import { optionsOf } from './entities.js';
import { markdown } from './markdown.js';

/** @import { Component, Message, Store } from './types.d.ts' */
/** @import { Names } from './markdown.js' */

export const Type = /** @type {const} */ ({
  row: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  section: 9,
  text: 10,
  separator: 14,
  container: 17,
  label: 18,
  fileUpload: 19,
  radioGroup: 21,
  checkboxGroup: 22,
  checkbox: 23,
});

const SELECTS = [3, 5, 6, 7, 8];
const STYLES = ['secondary', 'primary', 'secondary', 'success', 'danger', 'link'];

/** @param {number} type */
export function isSelect(type) {
  return SELECTS.includes(type);
}

/** @param {Message} message @param {Store} store @param {Names} names */
export function componentsOf(message, store, names) {
  return (message.components ?? []).map((component) => view(component, message, store, names));
}

/**
 * @param {Component} component
 * @param {Message} message
 * @param {Store} store
 * @param {Names} names
 * @returns {HTMLElement | false}
 */
function view(component, message, store, names) {
  const inner = () => (component.components ?? []).map((one) => view(one, message, store, names));
  switch (component.type) {
    case Type.row:
      return h('div', { class: 'component-row' }, inner());
    case Type.button:
      return button(component, message, store);
    case Type.text:
      return h('div', { class: 'component-text' }, markdown(component.content ?? '', names));
    case Type.separator:
      return h('hr');
    case Type.container:
      return h('div', { class: 'embed component-container' }, inner());
    case Type.section: {
      const side = component.accessory && view(component.accessory, message, store, names);
      return h('div', { class: 'component-section' }, h('div', {}, inner()), side);
    }
    default:
      return isSelect(component.type) ? select(component, message, store) : false;
  }
}

/** @param {Component} component @param {Message} message @param {Store} store */
function button(component, message, store) {
  const { custom_id: id = '', style = 2, label = '', emoji, disabled, url } = component;
  const name = `button button-${STYLES[style] ?? 'secondary'}`;
  const face = [emoji?.name, label].filter(Boolean).join(' ');
  if (url !== undefined) {
    return h('a', { class: name, href: url, target: '_blank', rel: 'noreferrer noopener' }, face);
  }
  const busy = store.busy.has(`${message.id}:${id}`);
  return h(
    'button',
    {
      type: 'button',
      class: busy ? `${name} busy` : name,
      disabled: disabled === true,
      'aria-busy': busy ? 'true' : null,
      'data-action': 'press',
      'data-custom-id': id,
      'data-key': id,
    },
    h('span', { class: 'button-face' }, face),
    busy && h('span', { class: 'dots' }, h('i'), h('i'), h('i')),
  );
}

/** @param {Component} component @param {Message} message @param {Store} store */
function select(component, message, store) {
  const { custom_id: id = '', placeholder, disabled } = component;
  const chosen = optionsOf(component, store).filter((option) => option.default);
  const face = chosen.map(({ label }) => label).join(', ');
  return h(
    'button',
    {
      type: 'button',
      class: `select${store.busy.has(`${message.id}:${id}`) ? ' busy' : ''}`,
      disabled: disabled === true,
      'aria-haspopup': 'listbox',
      'aria-expanded': 'false',
      'data-keep': 'aria-expanded',
      'data-action': 'choose',
      'data-custom-id': id,
      'data-key': id,
    },
    h(
      'span',
      { class: face === '' ? 'placeholder' : '' },
      face || placeholder || 'Make a selection',
    ),
    icon('down'),
  );
}

/** The component of a message by its id. @param {Component[]} components @param {string} customId @returns {Component | null} */
export function findComponent(components, customId) {
  for (const component of components) {
    if (component.custom_id === customId) return component;
    const inner = [...(component.components ?? []), component.accessory, component.component];
    const found = findComponent(
      inner.filter((one) => one !== undefined),
      customId,
    );
    if (found !== null) return found;
  }
  return null;
}
