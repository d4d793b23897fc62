/** Discord's markdown as plain data: blocks of lines, each read in a work that grows as its length. */
import { readInline } from './inline-syntax.js';

/** @import { Inline, Work } from './inline-syntax.js' */

/**
 * @typedef {{ kind: 'pre', code: string }} Pre
 * @typedef {{ kind: 'line' | 'small', children: Inline[] }} Line
 * @typedef {{ kind: 'heading', level: number, children: Inline[] }} Heading
 * @typedef {{ kind: 'list', start: number | null, items: Inline[][] }} List
 * @typedef {{ kind: 'quote', children: Block[] }} Quote
 * @typedef {Pre | Line | Heading | List | Quote} Block
 */

/**
 * A whole text: code blocks, quotes, headings, small print, lists, and lines.
 * @param {string} text @param {Work} [work] @returns {Block[]}
 */
export function readMarkdown(text, work = { looked: 0 }) {
  /** @type {Block[]} */
  const nodes = [];
  /** @param {string} words @param {boolean} isFirst */
  const addWords = (words, isFirst) => {
    const trimmed = isFirst ? words : words.replace(/^\n/, '');
    if (trimmed === '') return;
    // A call takes only so many arguments, and a text may have more lines.
    for (const node of readLines(trimmed.split('\n'), work, false)) nodes.push(node);
  };
  let at = 0;
  for (;;) {
    const begin = text.indexOf(FENCE, at);
    const end = begin < 0 ? -1 : text.indexOf(FENCE, begin + FENCE.length + 1);
    if (end < 0) break;
    addWords(text.slice(at, begin), at === 0);
    nodes.push({ kind: 'pre', code: codeIn(text.slice(begin + FENCE.length, end)) });
    at = end + FENCE.length;
  }
  addWords(text.slice(at), at === 0);
  work.looked += text.length;
  return nodes;
}

const FENCE = '```';

/** Without the name of its language and the line's end behind the fence. @param {string} block */
function codeIn(block) {
  const language = /^[\w+-]{1,30}\n(?=[\s\S])/.exec(block)?.[0] ?? '';
  const code = block.slice(language.length);
  return code.length > 1 && code.startsWith('\n') ? code.slice(1) : code;
}

/** @type {{ kind: 'ordered' | 'bullets', pattern: RegExp }[]} */
const LISTS = [
  { kind: 'bullets', pattern: /^\s*[-*]\s+(?=\S)/ },
  { kind: 'ordered', pattern: /^\s*\d+\.\s+(?=\S)/ },
];

/** Quotes within quotes stay as they were written, as in Discord. @param {string[]} lines @param {Work} work @param {boolean} isQuoted @returns {Block[]} */
function readLines(lines, work, isQuoted) {
  /** @type {Block[]} */
  const nodes = [];
  /** @type {string[]} */
  let plain = [];
  const flush = () => {
    const words = plain.join('\n');
    if (plain.length > 0) nodes.push({ kind: 'line', children: readInline(words, work) });
    plain = [];
  };
  for (let index = 0; index < lines.length; ) {
    const line = lines[index] ?? '';
    work.looked += line.length;
    const { node, taken } = blockAt(lines, index, work, isQuoted);
    if (node === null) plain.push(line);
    else {
      flush();
      nodes.push(node);
    }
    index += taken;
  }
  flush();
  return nodes;
}

/** What one line begins, and how many of them it takes. @param {string[]} lines @param {number} index @param {Work} work @param {boolean} isQuoted @returns {{ node: Block | null, taken: number }} */
function blockAt(lines, index, work, isQuoted) {
  const line = lines[index] ?? '';
  if (!isQuoted && /^>>>\s/.test(line)) {
    const rest = [line.slice(4), ...lines.slice(index + 1)];
    return {
      node: { kind: 'quote', children: readLines(rest, work, true) },
      taken: lines.length - index,
    };
  }
  if (!isQuoted && /^>\s/.test(line)) {
    const quoted = takeWhile(lines, index, /^>\s/).map((one) => one.slice(2));
    return {
      node: { kind: 'quote', children: readLines(quoted, work, true) },
      taken: quoted.length,
    };
  }
  const heading = /^(#{1,3})\s+(\S.*)$/.exec(line);
  if (heading !== null) {
    const [, marks = '#', words = ''] = heading;
    const children = readInline(words, work);
    return { node: { kind: 'heading', level: marks.length, children }, taken: 1 };
  }
  const small = /^-#\s+(\S.*)$/.exec(line)?.[1];
  if (small !== undefined) {
    return { node: { kind: 'small', children: readInline(small, work) }, taken: 1 };
  }
  const list = LISTS.find(({ pattern }) => pattern.test(line));
  if (list === undefined) return { node: null, taken: 1 };
  const taken = takeWhile(lines, index, list.pattern);
  const items = taken.map((item) => readInline(item.replace(list.pattern, ''), work));
  const start = list.kind === 'ordered' ? Number.parseInt(line, 10) : null;
  return { node: { kind: 'list', start, items }, taken: taken.length };
}

/** @param {string[]} lines @param {number} from @param {RegExp} pattern */
function takeWhile(lines, from, pattern) {
  let end = from;
  while (end < lines.length && pattern.test(lines[end] ?? '')) end += 1;
  return lines.slice(from, end);
}
