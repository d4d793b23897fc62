/** Discord's markdown as elements. Text is only ever set as text, never as markup. */
import { h } from './dom.js';
import { readInline } from './inline-syntax.js';
import { readMarkdown } from './markdown-syntax.js';
import { timeText } from './time.js';

/** @import { Inline } from './inline-syntax.js' */
/** @import { Block } from './markdown-syntax.js' */

/** Names for the ids in a text. @typedef {{ user(id: string): string, role(id: string): string, channel(id: string): string }} Names */

/** The elements of marks that are no more than one. */
const TAGS = /** @type {const} */ ({ strong: 'strong', u: 'u', em: 'em', s: 's' });

/** The text within a line. @param {string} text @param {Names} names @returns {(Node | string)[]} */
export function inline(text, names) {
  return inlineOf(readInline(text), names);
}

/** A whole text. @param {string} text @param {Names} names @returns {Node[]} */
export function markdown(text, names) {
  return readMarkdown(text).map((block) => blockOf(block, names));
}

/** @param {Block} block @param {Names} names @returns {Node} */
function blockOf(block, names) {
  switch (block.kind) {
    case 'pre':
      return h('pre', { tabindex: 0 }, h('code', {}, block.code));
    case 'quote':
      return h(
        'blockquote',
        {},
        block.children.map((child) => blockOf(child, names)),
      );
    case 'heading':
      return h('div', { class: `heading heading-${block.level}` }, inlineOf(block.children, names));
    case 'small':
      return h('div', { class: 'small-print' }, inlineOf(block.children, names));
    case 'line':
      return h('div', { class: 'line' }, inlineOf(block.children, names));
    case 'list': {
      const items = block.items.map((item) => h('li', {}, inlineOf(item, names)));
      return block.start === null ? h('ul', {}, items) : h('ol', { start: block.start }, items);
    }
  }
}

/** @param {Inline[]} nodes @param {Names} names @returns {(Node | string)[]} */
function inlineOf(nodes, names) {
  return nodes.map((node) => {
    if (typeof node === 'string') return node;
    switch (node.kind) {
      case 'code':
        return h('code', {}, node.text);
      case 'spoiler':
        return spoiler(inlineOf(node.children, names));
      case 'strong-em':
        return h('strong', {}, h('em', {}, inlineOf(node.children, names)));
      case 'link':
        return link(node.url, inlineOf(node.children, names));
      case 'time':
        return time(node.seconds, node.style);
      case 'user':
        return mention(`@${names.user(node.name)}`);
      case 'role':
        return mention(`@${names.role(node.name)}`);
      case 'channel':
        return mention(`#${names.channel(node.name)}`);
      case 'command':
        return mention(`/${node.name}`);
      default:
        return h(TAGS[node.kind], {}, inlineOf(node.children, names));
    }
  });
}

/** A message's address on Discord's site. */
const TO_MESSAGE = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:@me|\d+)\/(\d+)\/(\d+)$/;

/** A link to a message of this Discord stays in it. @param {string} href @param {(Node | string)[]} children */
function link(href, children) {
  const [, channel, message] = TO_MESSAGE.exec(href) ?? [];
  if (message !== undefined) {
    const about = { 'data-action': 'visit', 'data-channel': channel, 'data-to': message };
    return h('a', { href: `#message-${message}`, ...about }, children);
  }
  return h('a', { href, target: '_blank', rel: 'noreferrer noopener' }, children);
}

/** @param {number} seconds @param {string} style */
function time(seconds, style) {
  const ms = seconds * 1_000;
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return `<t:${seconds}>`;
  const attributes = {
    'data-ms': ms,
    'data-style': style,
    datetime: date.toISOString(),
    title: timeText(ms, 'F'),
  };
  return h('time', attributes, timeText(ms, style));
}

/** @param {string} text */
function mention(text) {
  return h('span', { class: 'mention' }, text);
}

/** Hidden until it is clicked; once open it stays open through edits. @param {(Node | string)[]} children */
function spoiler(children) {
  return h(
    'span',
    {
      class: 'spoiler',
      role: 'button',
      tabindex: 0,
      'aria-label': 'Spoiler',
      'aria-expanded': 'false',
      'data-action': 'reveal',
      'data-keep': 'aria-expanded aria-label role tabindex',
    },
    h('span', {}, children),
  );
}
