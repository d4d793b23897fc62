/** Embeds and attachments: everything of a message that is not its text. */
import { h, icon } from './dom.js';
import { inline, markdown } from './markdown.js';
import { isPicture, localUrl, sizeText } from './people.js';
import { headTime } from './time.js';

/** @import { Attachment, Embed, Message, Picture } from './types.d.ts' */
/** @import { Names } from './markdown.js' */

/** Pixels that a picture has at most, as in Discord. */
const LARGEST = { width: 550, height: 350 };

/** Embeds that name the same address show their pictures together, in the first of them. */
const MAX_IN_GALLERY = 4;

/** @param {Message} message @param {Names} names */
export function embedsOf(message, names) {
  /** @type {{ embed: Embed, pictures: Picture[] }[]} */
  const shown = [];
  for (const embed of message.embeds) {
    const before = shown.find((one) => embed.url !== undefined && one.embed.url === embed.url);
    if (before !== undefined && embed.image && before.pictures.length < MAX_IN_GALLERY) {
      before.pictures.push(embed.image);
    } else shown.push({ embed, pictures: embed.image ? [embed.image] : [] });
  }
  return shown.map(({ embed, pictures }) => embedOf(embed, pictures, message, names));
}

/** @param {Embed} embed @param {Picture[]} pictures @param {Message} message @param {Names} names */
function embedOf(embed, pictures, message, names) {
  const { author, title, description, fields = [], footer, thumbnail, timestamp, url } = embed;
  const stamp = timestamp === undefined ? '' : headTime(timestamp);
  const small = [footer?.text, stamp].filter(Boolean).join(' • ');
  const body = h(
    'div',
    { class: 'embed-body' },
    author &&
      h(
        'div',
        { class: 'embed-author' },
        webPicture(author.icon_url, 'embed-icon'),
        author.url ? anchor(author.url, author.name) : h('span', {}, author.name),
      ),
    title !== undefined &&
      h(
        'div',
        { class: 'embed-title' },
        url ? anchor(url, inline(title, names)) : inline(title, names),
      ),
    description !== undefined &&
      h('div', { class: 'embed-description' }, markdown(description, names)),
    fields.length > 0 &&
      h(
        'dl',
        { class: 'embed-fields' },
        fields.map((field) => fieldOf(field, names)),
      ),
  );
  const article = h(
    'article',
    { class: `embed${pictures.length > 0 ? ' embed-with-picture' : ''}` },
    body,
    thumbnail && pictureOf(thumbnail, message, { width: 80, height: 80 }, 'embed-thumbnail'),
    pictures.length > 0 && galleryOf(pictures.map((picture) => pictureOf(picture, message))),
    small !== '' &&
      h(
        'div',
        { class: 'embed-footer' },
        webPicture(footer?.icon_url, 'embed-icon'),
        h('span', {}, small),
      ),
  );
  if (embed.color !== undefined) {
    // By script, because the page's policy admits no style in markup.
    article.style.setProperty('--edge', `#${embed.color.toString(16).padStart(6, '0')}`);
  }
  return article;
}

/** @param {{ name: string, value: string, inline?: boolean }} field @param {Names} names */
function fieldOf(field, names) {
  return h(
    'div',
    { class: field.inline ? 'field field-inline' : 'field' },
    h('dt', {}, inline(field.name, names)),
    h('dd', {}, markdown(field.value, names)),
  );
}

/** @param {string} href @param {(Node | string)[] | string} children */
function anchor(href, children) {
  return h('a', { href, target: '_blank', rel: 'noreferrer noopener' }, ...[children].flat());
}

/** An icon that a bot names. What is not on this machine is not loaded. @param {string | undefined} url @param {string} name */
function webPicture(url, name) {
  const src = url === undefined ? null : localUrl(url);
  return src !== null && h('img', { src, class: name, alt: '' });
}

/** @param {Picture} picture @param {Message} message */
function pictureOf(picture, message, largest = LARGEST, name = '') {
  const src = localUrl(picture.url);
  if (src === null) {
    return h(
      'div',
      { class: 'outside-picture' },
      `A picture of another site is not loaded: ${picture.url}`,
    );
  }
  const file = message.files.find(({ id }) => src.startsWith(`/files/${id}/`));
  return pictureButton({
    src,
    alt: file?.description ?? '',
    filename: file?.filename ?? '',
    width: picture.width || 400,
    height: picture.height || 300,
    largest,
    name,
  });
}

/**
 * A picture that opens large. Its place is as large as it will be before it has loaded.
 * @param {{ src: string, alt: string, filename: string, width: number, height: number, largest: { width: number, height: number }, name: string }} about
 */
function pictureButton({ src, alt, filename, width, height, largest, name }) {
  const scale = Math.min(largest.width / width, largest.height / height, 1);
  const spoiler = filename.startsWith('SPOILER_');
  return h(
    'button',
    {
      type: 'button',
      class: `picture ${name}${spoiler ? ' picture-spoiler' : ''}`,
      'data-action': spoiler ? 'reveal-picture' : 'enlarge',
      'data-keep': 'data-revealed',
      'aria-label': alt === '' ? `Open the picture ${filename}` : `Open the picture: ${alt}`,
    },
    h('img', {
      src,
      alt: '',
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      'data-pixels': `${width}×${height}`,
      'data-alt': alt,
      'data-filename': filename,
    }),
    spoiler && h('span', { class: 'spoiler-label' }, 'Spoiler'),
  );
}

/** @param {HTMLElement[]} pictures */
function galleryOf(pictures) {
  return h('div', { class: `gallery gallery-${Math.min(pictures.length, 4)}` }, pictures);
}

/** What hangs below a message: pictures together, other files as cards. @param {Attachment[]} files */
export function attachmentsOf(files) {
  const pictures = files.filter(isPicture).map((file) => {
    return pictureButton({
      src: localUrl(file.url) ?? '',
      alt: file.description ?? '',
      filename: file.filename,
      width: file.width ?? 400,
      height: file.height ?? 300,
      largest: LARGEST,
      name: '',
    });
  });
  const others = files.filter((file) => !isPicture(file));
  return [
    pictures.length > 0 && galleryOf(pictures),
    ...others.map((file) =>
      h(
        'a',
        { class: 'file-card', href: localUrl(file.url), download: file.filename },
        icon('file'),
        h(
          'span',
          {},
          h('span', { class: 'file-name' }, file.filename),
          h('span', { class: 'file-size' }, sizeText(file.size)),
        ),
      ),
    ),
  ];
}
