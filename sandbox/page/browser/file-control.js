/** The field of a form that takes files, and the ways by which files come into a form. */
import { upload } from './api.js';
import { h, icon } from './dom.js';
import { acceptOf, refusalOf, takesFile } from './file-types.js';
import { sizeText } from './people.js';

/** @import { Component, Store } from './types.d.ts' */
/** @import { Control } from './form.js' */

/**
 * Takes files that are pasted or dropped anywhere over the form, as Discord does. Nothing that is
 * dropped there opens in the browser instead.
 * @param {HTMLElement} dialog
 * @param {(files: FileList) => void} take
 */
export function takeFiles(dialog, take) {
  const dragging = (/** @type {boolean} */ on) => dialog.classList.toggle('dragging', on);
  dialog.addEventListener('paste', (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    take(files);
  });
  dialog.addEventListener('dragover', (event) => {
    event.preventDefault();
    dragging(event.dataTransfer?.types.includes('Files') === true);
  });
  dialog.addEventListener('dragleave', (event) => {
    if (!(event.relatedTarget instanceof Node && dialog.contains(event.relatedTarget)))
      dragging(false);
  });
  dialog.addEventListener('drop', (event) => {
    event.preventDefault();
    dragging(false);
    if (event.dataTransfer?.files.length) take(event.dataTransfer.files);
  });
}

/** @param {Component} input @param {string} id @param {Store} store @returns {Control} */
export function fileControl(input, id, store) {
  const { min_values: min = 1, max_values: max = 1 } = input;
  /** @type {File[]} */
  let files = [];
  const list = h('ul', { class: 'form-files' });
  const picker = h('input', {
    type: 'file',
    multiple: max > 1,
    accept: acceptOf(input.file_types),
    class: 'visually-hidden',
    tabindex: -1,
    'aria-hidden': 'true',
  });
  const button = h(
    'button',
    { type: 'button', id, class: 'drop-zone' },
    icon('plus'),
    h(
      'span',
      {},
      max > 1 ? 'Drop files here, paste, or browse' : 'Drop a file here, paste, or browse',
    ),
  );
  const note = h('p', { class: 'form-hint', role: 'alert' });
  const element = h('div', { class: 'form-upload' }, button, picker, list, note);
  const add = (/** @type {Iterable<File>} */ more) => {
    const all = [...more];
    const given = all.filter(({ name }) => takesFile(input.file_types, name));
    const wanted = max === 1 ? given : [...files, ...given];
    files = wanted.slice(0, max);
    list.replaceChildren(
      ...files.map((file) => {
        const remove = removeButton(file, () => {
          files = files.filter((one) => one !== file);
          add([]);
          button.focus();
        });
        return h(
          'li',
          {},
          icon('file'),
          h('span', { class: 'file-name' }, file.name),
          h('span', { class: 'file-size' }, sizeText(file.size)),
          remove,
        );
      }),
    );
    const isRefused = given.length < all.length;
    note.textContent = isRefused ? refusalOf(input.file_types) : '';
    return wanted.length <= max;
  };
  button.addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    add(picker.files ?? []);
    picker.value = '';
  });
  return {
    element,
    upload: { hasRoom: () => files.length < max, add },
    read: async () =>
      (await Promise.all(files.map((file) => upload(store.me, file)))).map((file) => file.id),
    count: () => files.length,
    check: (count) => (count < min ? `Add at least ${min} files` : null),
  };
}

/** Takes a chosen file back. @param {File} file @param {() => void} onclick */
export function removeButton({ name }, onclick) {
  const about = { type: 'button', class: 'tool', 'aria-label': `Remove ${name}`, onclick };
  return h('button', about, icon('bin'));
}
