/** One option of a command being filled in: a pill with a text or a file. */
import { h, icon } from './dom.js';
import { acceptOf } from './file-types.js';
import { typeText } from './option-values.js';
import { sizeText } from './people.js';
import { growingText } from './suggestions.js';

/** @import { Option } from './types.d.ts' */

/**
 * `text` is null for a file. `picked` is the value behind a text that came from a list.
 * @typedef {{ option: Option, element: HTMLElement, focus: HTMLTextAreaElement | HTMLButtonElement, text: HTMLTextAreaElement | null, picked: string | null, file: File | null, setText: (text: string) => void, setFile: (file: File | null) => void }} Field
 */

/** @param {Option} option @returns {Field} */
export function createTextField(option) {
  const { box, text, grow } = growingText({
    'aria-label': `${option.name}, ${typeText(option)}${option.required ? ', required' : ''}`,
    'data-option': option.name,
  });
  const element = h('span', { class: 'pill' }, h('span', { class: 'pill-name' }, option.name), box);
  element.addEventListener('pointerdown', (event) => {
    if (event.target === text) return;
    event.preventDefault();
    text.focus();
  });
  return {
    option,
    element,
    focus: text,
    text,
    picked: null,
    file: null,
    setText: (value) => {
      text.value = value;
      grow();
    },
    setFile: () => {},
  };
}

/**
 * @param {Option} option
 * @param {HTMLElement} uploads where its card stands
 * @param {(field: Field, file: File) => void} chosen called when the person picked a file
 * @returns {Field}
 */
export function createFileField(option, uploads, chosen) {
  const picker = h('input', {
    type: 'file',
    class: 'visually-hidden',
    tabindex: -1,
    'aria-hidden': 'true',
    'data-picker': option.name,
    accept: acceptOf(option.file_types),
  });
  const button = h('button', { type: 'button', class: 'pill-file', 'data-option': option.name });
  const card = h('div', { class: 'upload-card', 'data-card': option.name });
  const name = h('span', { class: 'pill-name' }, option.name);
  /** @type {Field} */
  const field = {
    option,
    element: h('span', { class: 'pill' }, name, button, picker),
    focus: button,
    text: null,
    picked: null,
    file: null,
    setText: () => {},
    setFile: (file) => {
      field.file = file;
      clearWrong(field);
      const need = option.required ? ', required' : '';
      button.textContent = file?.name ?? 'Choose a file';
      button.setAttribute('aria-label', `${option.name}, file${need}: ${button.textContent}`);
      fillCard(card, option, file);
    },
  };
  field.setFile(null);
  uploads.append(card);
  const browse = () => picker.click();
  button.addEventListener('click', browse);
  card.addEventListener('click', browse);
  picker.addEventListener('change', () => {
    const file = picker.files?.[0];
    picker.value = '';
    if (!file) return;
    chosen(field, file);
  });
  return field;
}

/** @param {Field} field */
export function isEmpty({ text, file }) {
  return text === null ? file === null : text.value.trim() === '';
}

/** @param {Field} field */
export function clearWrong({ element, focus }) {
  element.classList.remove('wrong');
  focus.removeAttribute('aria-invalid');
}

/** The place to drop a file on, and the file once it is there. @param {HTMLElement} card @param {Option} option @param {File | null} file */
function fillCard(card, option, file) {
  const picture = file?.type.startsWith('image/')
    ? h('img', { src: URL.createObjectURL(file), alt: '' })
    : icon(file === null ? 'plus' : 'file');
  if (picture instanceof HTMLImageElement) picture.onload = () => URL.revokeObjectURL(picture.src);
  const about = file === null ? option.name : `${option.name} · ${sizeText(file.size)}`;
  card.replaceChildren(
    h('span', { class: 'upload-picture' }, picture),
    file
      ? h('span', { class: 'file-name' }, file.name)
      : h('span', { class: 'file-hint' }, 'Drop, paste or browse'),
    h('span', { class: 'file-size' }, about),
  );
}
