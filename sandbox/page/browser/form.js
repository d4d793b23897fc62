/** The form that a bot opens (a modal): its fields, and what was filled in. */
import { Refused } from './api.js';
import { isSelect, Type } from './components.js';
import { h, icon } from './dom.js';
import { optionsOf } from './entities.js';
import { fileControl, takeFiles } from './file-control.js';
import { markdown } from './markdown.js';
import { namesOf } from './message.js';
import { openChoice } from './popup.js';

/** @import { Component, Store } from './types.d.ts' */

/** @typedef {string | string[] | boolean} Value */
/** Where files can be put; `add` is false when not all of them fit. @typedef {{ hasRoom: () => boolean, add: (files: Iterable<File>) => boolean }} Upload */
/** A field on the page, and how to read it. @typedef {{ id: string, element: HTMLElement, read: () => Value | Promise<Value>, check: () => string | null, upload: Upload | undefined }} Field */

/**
 * @param {{ title: string, components: unknown[] }} modal
 * @param {string} interactionId the interaction that was answered with it
 * @param {Store} store
 */
export function openForm(modal, interactionId, store) {
  /** @type {Field[]} */
  const fields = [];
  const opener = document.activeElement;
  const components = /** @type {Component[]} */ (modal.components);
  const body = components.flatMap((component) => part(component, fields, store));
  const problem = h('p', { class: 'form-problem', role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'button button-primary' }, 'Submit');
  const cancel = h('button', { type: 'button', class: 'button button-plain' }, 'Cancel');
  const form = h(
    'form',
    { class: 'form', novalidate: true },
    h(
      'header',
      {},
      h('h2', { id: 'form-title' }, modal.title),
      h(
        'button',
        { type: 'button', class: 'tool', 'aria-label': 'Close', 'data-close': true },
        icon('close'),
      ),
    ),
    h('div', { class: 'form-body' }, body, problem),
    h('footer', {}, cancel, submit),
  );
  const dialog = h('dialog', { class: 'form-dialog', 'aria-labelledby': 'form-title' }, form);

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const wrong = fields.map((field) => ({ field, why: field.check() }));
    for (const { field, why } of wrong) tellWrong(field, why);
    const first = wrong.find(({ why }) => why !== null);
    if (first) return focusIn(first.field.element);
    problem.textContent = '';
    submit.disabled = true;
    submit.classList.add('busy');
    try {
      /** @type {Record<string, Value>} */
      const values = {};
      for (const { id, read } of fields) values[id] = await read();
      const news = await store.interact({ kind: 'modal', interactionId, fields: values });
      if (news.state === 'failed') throw new Refused('Something went wrong. Try again.');
      dialog.close();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      submit.disabled = false;
      submit.classList.remove('busy');
    }
  });
  for (const button of [cancel, form.querySelector('[data-close]')]) {
    button?.addEventListener('click', () => dialog.close());
  }
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
  });
  takeFiles(dialog, (files) => {
    const uploads = fields.flatMap((field) => field.upload ?? []);
    const place = uploads.find((one) => one.hasRoom()) ?? uploads[0];
    problem.textContent = place?.add(files) ? '' : 'There is no room for all of these files.';
  });
  document.body.append(dialog);
  dialog.showModal();
  const first = fields[0];
  if (first) focusIn(first.element);
}

/** @param {HTMLElement} element */
function focusIn(element) {
  const inner = element.querySelector('input, textarea, button');
  if (inner instanceof HTMLElement) inner.focus();
}

/** @param {Field} field @param {string | null} why */
function tellWrong(field, why) {
  const note = field.element.querySelector('.field-wrong');
  if (note !== null) note.textContent = why ?? '';
  field.element.classList.toggle('wrong', why !== null);
  field.element
    .querySelector('input, textarea, button')
    ?.setAttribute('aria-invalid', String(why !== null));
}

/** @param {Component} component @param {Field[]} fields @param {Store} store @returns {HTMLElement[]} */
function part(component, fields, store) {
  if (component.type === Type.text) {
    return [h('div', { class: 'form-text' }, markdown(component.content ?? '', namesOf(store)))];
  }
  if (component.type === Type.row) {
    return (component.components ?? []).flatMap((input) => {
      return field(input, input.label ?? '', undefined, fields, store);
    });
  }
  const { component: input, label = '', description } = component;
  return component.type === Type.label && input
    ? field(input, label, description, fields, store)
    : [];
}

/**
 * @param {Component} input
 * @param {string} label
 * @param {string | undefined} description
 * @param {Field[]} fields
 * @param {Store} store
 */
function field(input, label, description, fields, store) {
  const id = `field-${fields.length}`;
  const made = control(input, id, label, store);
  if (made === null) return [];
  const required = input.required !== false && input.type !== Type.checkbox;
  const note = h('div', { class: 'field-wrong', id: `${id}-wrong`, role: 'alert' });
  const element = h(
    'div',
    { class: 'form-field' },
    h(
      'label',
      { for: id, id: `${id}-label` },
      label,
      required && h('span', { class: 'required', 'aria-hidden': 'true' }, ' *'),
    ),
    description !== undefined && h('div', { class: 'form-hint', id: `${id}-hint` }, description),
    made.element,
    note,
  );
  const main = element.querySelector(`#${id}`);
  main?.setAttribute(
    'aria-describedby',
    `${description === undefined ? '' : `${id}-hint `}${id}-wrong`,
  );
  const check = () => {
    const count = made.count();
    if (required && count === 0) return 'This field is required';
    return count > 0 ? made.check(count) : null;
  };
  fields.push({ id: input.custom_id ?? '', element, read: made.read, check, upload: made.upload });
  return [element];
}

/**
 * @typedef {{ element: HTMLElement, read: () => Value | Promise<Value>, count: () => number, check: (count: number) => string | null, upload?: Upload }} Control
 * @param {Component} input @param {string} id @param {string} label @param {Store} store
 * @returns {Control | null}
 */
function control(input, id, label, store) {
  if (input.type === Type.textInput) return textControl(input, id);
  if (input.type === Type.fileUpload) return fileControl(input, id, store);
  if (isSelect(input.type)) return selectControl(input, id, label, store);
  if (input.type === Type.checkbox) {
    const box = h('input', { type: 'checkbox', id, checked: input.default === true });
    return { element: box, read: () => box.checked, count: () => 1, check: () => null };
  }
  if (input.type === Type.radioGroup || input.type === Type.checkboxGroup)
    return groupControl(input, id);
  return null;
}

/** @param {Component} input @param {string} id @returns {Control} */
function textControl(input, id) {
  const { style, placeholder, value = '', min_length: min = 0, max_length: max = 4_000 } = input;
  const attributes = { id, placeholder, maxlength: max, autocomplete: 'off' };
  const box =
    style === 2
      ? h('textarea', { ...attributes, rows: 4 })
      : h('input', { type: 'text', ...attributes });
  box.value = value;
  const check = (/** @type {number} */ count) =>
    count < min ? `Write at least ${min} characters` : null;
  return { element: box, read: () => box.value, count: () => [...box.value].length, check };
}

/** @param {Component} input @param {string} id @param {string} label @param {Store} store @returns {Control} */
function selectControl(input, id, label, store) {
  const options = optionsOf(input, store);
  let values = options.filter((option) => option.default).map(({ value }) => value);
  const face = h('span', {});
  const button = h(
    'button',
    { type: 'button', id, class: 'select', 'aria-haspopup': 'listbox', 'aria-expanded': 'false' },
    face,
    icon('down'),
  );
  const show = () => {
    const text = options
      .filter(({ value }) => values.includes(value))
      .map((option) => option.label)
      .join(', ');
    face.textContent = text || input.placeholder || 'Make a selection';
    face.className = text === '' ? 'placeholder' : '';
    button.setAttribute('aria-label', `${label}: ${face.textContent}`);
  };
  const { min_values: min = 1, max_values: max = 1 } = input;
  button.addEventListener('click', () => {
    const entries = options.map((option) => ({
      ...option,
      selected: values.includes(option.value),
    }));
    openChoice(button, entries, {
      label,
      min: input.required === false ? 0 : min,
      max,
      done: (chosen) => {
        values = chosen;
        show();
      },
    });
  });
  show();
  const check = (/** @type {number} */ count) => (count < min ? `Choose at least ${min}` : null);
  return { element: button, read: () => values, count: () => values.length, check };
}

/** @param {Component} input @param {string} id @returns {Control} */
function groupControl(input, id) {
  const radio = input.type === Type.radioGroup;
  const boxes = (input.options ?? []).map((option, index) => {
    const box = h('input', {
      type: radio ? 'radio' : 'checkbox',
      name: id,
      id: index === 0 ? id : null,
      value: option.value,
      checked: option.default === true,
    });
    return {
      box,
      label: h(
        'label',
        { class: 'group-option' },
        box,
        h(
          'span',
          {},
          option.label,
          option.description && h('span', { class: 'form-hint' }, option.description),
        ),
      ),
    };
  });
  const chosen = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
  return {
    element: h(
      'div',
      { role: radio ? 'radiogroup' : 'group', 'aria-labelledby': `${id}-label` },
      boxes.map(({ label }) => label),
    ),
    read: () => (radio ? (chosen()[0] ?? '') : chosen()),
    count: () => chosen().length,
    check: () => null,
  };
}
