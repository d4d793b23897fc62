/** How people, places and files look in small. */
import { h, icon } from './dom.js';

/** @import { Attachment, Person } from './types.d.ts' */

/** The bot's mark: the blades of a shutter. */
const BLADES =
  'M12 2a10 10 0 018.700 5.100h-11zM21.600 9.200A10 10 0 0118 20l-5-9.200zM15.800 21.300A10 10 0 014 18l7.800-6.700zM2.600 15.600A10 10 0 016 4l4.200 9zM8 3l5.200 4.500H3.900';

/** @param {Person | undefined} person */
export function avatar(person, small = false) {
  const tint =
    person === undefined
      ? 0
      : [...person.username].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5;
  const look = person?.bot ? 'avatar-bot' : `avatar-${tint}`;
  const element = h('span', {
    class: `avatar ${look}${small ? ' avatar-small' : ''}`,
    'aria-hidden': 'true',
  });
  if (person?.bot) {
    const mark = icon('eye');
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

/** Where the page gets a file that Discord keeps; null for an address of anything else. @param {string} url */
export function localUrl(url) {
  const match = /attachments\/\d+\/(\d+)\/([^?#]+)/.exec(url);
  return match === null ? null : `/files/${match[1]}/${match[2]}`;
}

/** @param {Pick<Attachment, 'content_type' | 'width'>} file */
export function isPicture(file) {
  return /^image\/(png|jpeg|webp|gif|avif)$/.test(file.content_type ?? '') && file.width != null;
}
