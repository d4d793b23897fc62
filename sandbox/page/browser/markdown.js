/** Discord's markdown as elements. Text is only ever set as text, never as markup. */
import { h } from './dom.js';
import { timeText } from './time.js';

/** Names for the ids in a text. @typedef {{ user(id: string): string, role(id: string): string, channel(id: string): string }} Names */

/**
 * One rule of the text within a line: where it fits, and what it becomes. Each is tried at every
 * place in this order, so the longer form of two stands first.
 * @typedef {[RegExp, (match: RegExpExecArray, names: Names) => Node | string]} Rule
 */

/** @type {Rule[]} */
const RULES = [
  [/\\([^A-Za-z0-9\s])/y, ([, character = '']) => character],
  [/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y, ([, , code = '']) => h('code', {}, code.trim() || code)],
  [/\|\|([\s\S]+?)\|\|/y, ([, text = ''], names) => spoiler(inline(text, names))],
  [
    /\*\*\*([\s\S]+?)\*\*\*/y,
    ([, text = ''], names) => h('strong', {}, h('em', {}, inline(text, names))),
  ],
  [
    /\*\*((?:\\.|[\s\S])+?)\*\*(?!\*)/y,
    ([, text = ''], names) => h('strong', {}, inline(text, names)),
  ],
  [/__((?:\\.|[\s\S])+?)__(?!_)/y, ([, text = ''], names) => h('u', {}, inline(text, names))],
  [/\*(?!\s)((?:\\.|[^*])+?)\*/y, ([, text = ''], names) => h('em', {}, inline(text, names))],
  [
    /(?<![A-Za-z0-9])_((?:\\.|[^_])+?)_(?![A-Za-z0-9])/y,
    ([, text = ''], names) => h('em', {}, inline(text, names)),
  ],
  [/~~([\s\S]+?)~~/y, ([, text = ''], names) => h('s', {}, inline(text, names))],
  [
    /\[((?:\\.|[^\]\\])+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)/y,
    ([, text = '', url = ''], names) => link(url, inline(text, names)),
  ],
  [/<(https?:\/\/[^\s>]+)>/y, ([, url = '']) => link(url, [url])],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;!?'")\]]/y, ([url]) => link(url, [url])],
  [
    /<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y,
    ([, seconds, style = 'f']) => time(Number(seconds), style),
  ],
  [/<@!?(\d+)>/y, ([, id = ''], names) => mention(`@${names.user(id)}`)],
  [/<@&(\d+)>/y, ([, id = ''], names) => mention(`@${names.role(id)}`)],
  [/<#(\d+)>/y, ([, id = ''], names) => mention(`#${names.channel(id)}`)],
  [/<\/([^:>]+):\d+>/y, ([, name = '']) => mention(`/${name}`)],
  [/<a?:(\w+):\d+>/y, ([, name = '']) => `:${name}:`],
];

/** Where a rule could begin at all. */
const MAY_BEGIN = /[\\`|*_~[<h]/g;

/** @param {string} text @param {Names} names @returns {(Node | string)[]} */
export function inline(text, names) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    MAY_BEGIN.lastIndex = at;
    const next = MAY_BEGIN.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    const fit = at < text.length ? firstFit(text, at) : null;
    if (fit === null) {
      plain += text.charAt(at);
      at += 1;
      continue;
    }
    const made = fit.make(fit.match, names);
    if (typeof made === 'string') plain += made;
    else {
      if (plain !== '') nodes.push(plain);
      plain = '';
      nodes.push(made);
    }
    at += fit.match[0].length;
  }
  if (plain !== '') nodes.push(plain);
  return nodes;
}

/** @param {string} text @param {number} at */
function firstFit(text, at) {
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { match, make };
  }
  return null;
}

/**
 * A whole text: code blocks, quotes, headings, small print, lists, and lines.
 * @param {string} text
 * @param {Names} names
 * @returns {Node[]}
 */
export function markdown(text, names) {
  /** @type {Node[]} */
  const nodes = [];
  const parts = text.split(/```(?:([\w+-]+)\n)?\n?([\s\S]+?)```/g);
  for (let index = 0; index < parts.length; index += 3) {
    const [lines, code] = [parts[index] ?? '', parts[index + 2]];
    const trimmed = index === 0 ? lines : lines.replace(/^\n/, '');
    if (trimmed !== '') nodes.push(...blocks(trimmed.split('\n'), names));
    if (code !== undefined) nodes.push(h('pre', { tabindex: 0 }, h('code', {}, code)));
  }
  return nodes;
}

/** @param {string[]} lines @param {Names} names @returns {Node[]} */
function blocks(lines, names) {
  /** @type {Node[]} */
  const nodes = [];
  /** @type {string[]} */
  let plain = [];
  const flush = () => {
    if (plain.length > 0) nodes.push(h('div', { class: 'line' }, inline(plain.join('\n'), names)));
    plain = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const heading = /^(#{1,3})\s+(.+)$/.exec(line);
    const small = /^-#\s+(.+)$/.exec(line);
    if (/^>>>\s/.test(line)) {
      flush();
      const rest = [line.slice(4), ...lines.slice(index + 1)];
      nodes.push(h('blockquote', {}, blocks(rest, names)));
      return nodes;
    }
    if (/^>\s/.test(line)) {
      flush();
      const taken = takeWhile(lines, index, /^>\s/);
      nodes.push(
        h(
          'blockquote',
          {},
          blocks(
            taken.map((quoted) => quoted.slice(2)),
            names,
          ),
        ),
      );
      index += taken.length - 1;
    } else if (heading !== null) {
      flush();
      const level = heading[1]?.length ?? 1;
      nodes.push(h('div', { class: `heading heading-${level}` }, inline(heading[2] ?? '', names)));
    } else if (small !== null) {
      flush();
      nodes.push(h('div', { class: 'small-print' }, inline(small[1] ?? '', names)));
    } else if (/^\s*[-*]\s+\S/.test(line) || /^\s*\d+\.\s+\S/.test(line)) {
      flush();
      const ordered = /^\s*\d/.test(line);
      const pattern = ordered ? /^\s*\d+\.\s+/ : /^\s*[-*]\s+/;
      const taken = takeWhile(lines, index, pattern);
      const items = taken.map((item) => h('li', {}, inline(item.replace(pattern, ''), names)));
      const start = ordered ? Number.parseInt(line, 10) : 1;
      nodes.push(ordered ? h('ol', { start }, items) : h('ul', {}, items));
      index += taken.length - 1;
    } else plain.push(line);
  }
  flush();
  return nodes;
}

/** @param {string[]} lines @param {number} from @param {RegExp} pattern */
function takeWhile(lines, from, pattern) {
  const end = lines.findIndex((line, index) => index >= from && !pattern.test(line));
  return lines.slice(from, end < 0 ? lines.length : end);
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
