/** How people, places and files look in small. */
import { h, icon } from './dom.js';

/** @import { Attachment, Person, Store } from './types.d.ts' */

/** The bot's mark: the blades of a shutter, drawn as lines. */
const BLADES =
  'M12 2.8a9.2 9.2 0 110 18.4 9.2 9.2 0 010-18.4zM16.2 12.0L10.9 2.9M14.1 8.4L3.5 8.4M9.9 8.4L4.6 17.5M7.8 12.0L13.1 21.1M9.9 15.6L20.5 15.6M14.1 15.6L19.4 6.5';

/** @param {Person | undefined} person */
export function avatar(person, small = false) {
  // The factor gives each of the sandbox's people a colour of their own.
  const letters = [...(person?.username ?? '')];
  const tint = letters.reduce((sum, letter) => (sum * 3 + letter.charCodeAt(0)) % 997, 7) % 5;
  const look = person?.bot ? 'avatar-bot' : `avatar-${tint}`;
  const element = h('span', {
    class: `avatar ${look}${small ? ' avatar-small' : ''}`,
    'aria-hidden': 'true',
  });
  if (person?.bot) {
    const mark = icon('more');
    mark.querySelector('path')?.setAttribute('d', BLADES);
    element.append(mark);
  } else element.append(initials(person?.name ?? '?'));
  return element;
}

/** @param {string} name */
export function initials(name) {
  return name
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .join('')
    .slice(0, 2)
    .toUpperCase();
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1_024) return `${bytes} bytes`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KB`;
  return `${(bytes / 1_048_576).toFixed(2)} MB`;
}

/** What one file may have in this server, by the controls or by the server itself. @param {Store} store */
export function uploadLimitText(store) {
  const limit = store.controls?.settings.attachmentSizeLimit ?? store.guild()?.uploadLimit ?? 0;
  return `${Number((limit / 1_048_576).toFixed(1))} MB`;
}

/** Where the page gets a file that Discord keeps; null for an address of anything else. @param {string} url */
export function localUrl(url) {
  const match = /attachments\/\d+\/(\d+)\/([^?#]+)/.exec(url);
  return match === null ? null : `/files/${match[1]}/${match[2]}`;
}

/** @param {Pick<Attachment, 'content_type' | 'width'>} file */
export function isPicture(file) {
  return /^image\/(png|jpeg|webp|gif|avif)$/.test(file.content_type ?? '') && file.width != null;
}
