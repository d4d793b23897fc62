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
  const step = (/** @type {number} */ by) => {
    index = (index + by + all.length) % all.length;
    show();
  };
  const turn = (/** @type {'Previous' | 'Next'} */ label, /** @type {number} */ by) =>
    h(
      'button',
      {
        type: 'button',
        class: `viewer-turn viewer-${label.toLowerCase()}`,
        'aria-label': `${label} picture`,
        onclick: () => step(by),
      },
      icon('down'),
    );
  const dialog = h(
    'dialog',
    { class: 'viewer', 'aria-label': 'Picture' },
    close,
    all.length > 1 && [turn('Previous', -1), turn('Next', 1)],
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
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by !== undefined) step(by);
  });
  dialog.addEventListener('click', (event) => {
    const kept = event.target instanceof Element && event.target.closest('img, a, p, .viewer-turn');
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
