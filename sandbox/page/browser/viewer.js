/** A picture, large: over everything, closed by Escape or a click beside it. */
import { h, icon } from './dom.js';

/** @param {HTMLImageElement} small one of a message's pictures */
export function openViewer(small) {
  const message = small.closest('.message');
  const all = /** @type {HTMLImageElement[]} */ ([
    ...(message?.querySelectorAll('[data-action="enlarge"] img') ?? [small]),
  ]);
  let index = Math.max(0, all.indexOf(small));
  const image = h('img', { alt: '' });
  const caption = h('p', { class: 'viewer-caption', 'aria-live': 'polite' });
  const open = h('a', { target: '_blank', rel: 'noreferrer noopener' }, 'Open in browser');
  const save = h('a', {}, 'Save');
  const close = h(
    'button',
    { type: 'button', class: 'viewer-close', 'aria-label': 'Close' },
    icon('close'),
  );
  const dialog = h(
    'dialog',
    { class: 'viewer', 'aria-label': 'Picture' },
    close,
    h(
      'figure',
      {},
      image,
      h('figcaption', {}, caption, h('div', { class: 'viewer-links' }, open, save)),
    ),
  );

  const show = () => {
    const shown = all[index] ?? small;
    const { alt = '', filename = '', pixels = '' } = shown.dataset;
    image.src = shown.src;
    image.alt = alt;
    const place = all.length > 1 ? `${index + 1} of ${all.length} · ` : '';
    caption.textContent = `${place}${filename} · ${pixels}`;
    open.href = shown.src;
    save.href = shown.src;
    save.download = filename;
  };
  dialog.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    index = (index + step + all.length) % all.length;
    show();
  });
  dialog.addEventListener('click', (event) => {
    const kept = event.target instanceof Element && event.target.closest('img, a, p');
    if (!kept) dialog.close();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    small.closest('button')?.focus({ preventScroll: true });
  });
  show();
  document.body.append(dialog);
  dialog.showModal();
}
