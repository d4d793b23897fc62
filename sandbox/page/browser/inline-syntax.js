/**
 * Discord's markdown within a line as plain data, without a document. Whoever writes a text, the
 * work of reading it grows as its length does: a mark that finds no partner is not looked for again.
 */

/**
 * @typedef {{ kind: 'spoiler' | 'strong-em' | 'strong' | 'u' | 'em' | 's', children: Inline[] }} Marked
 * @typedef {{ kind: 'code', text: string }} Code
 * @typedef {{ kind: 'link', url: string, children: Inline[] }} Link
 * @typedef {{ kind: 'time', seconds: number, style: string }} Time
 * @typedef {{ kind: 'user' | 'role' | 'channel' | 'command', name: string }} Mention
 * @typedef {string | Marked | Code | Link | Time | Mention} Inline
 */

/** Marks within marks; deeper ones stay as they were written. */
const MAX_DEPTH = 8;

/** Counts the characters that were looked at, for the test that bounds them. @typedef {{ looked: number }} Work */

/**
 * What begins and ends alike. Each is tried at its place in this order, so the longer form of two
 * stands first. `once` marks end at the very next of their characters.
 * @type {{ mark: string, kind: Marked['kind'], once?: boolean, escapes?: boolean, notBefore?: RegExp, notBehind?: RegExp, notWithin?: RegExp }[]}
 */
const MARKS = [
  { mark: '||', kind: 'spoiler' },
  { mark: '***', kind: 'strong-em' },
  { mark: '**', kind: 'strong', escapes: true, notBehind: /\*/ },
  { mark: '__', kind: 'u', escapes: true, notBehind: /_/ },
  { mark: '*', kind: 'em', escapes: true, once: true, notWithin: /\s/ },
  {
    mark: '_',
    kind: 'em',
    escapes: true,
    once: true,
    notBefore: /[A-Za-z0-9]/,
    notBehind: /[A-Za-z0-9]/,
  },
  { mark: '~~', kind: 's' },
];

/**
 * What stands in angle brackets. No pattern looks further than its counts allow.
 * @type {[RegExp, (match: RegExpExecArray) => Inline][]}
 */
export const BRACKETS = [
  [
    /<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y,
    ([, seconds, style = 'f']) => ({ kind: 'time', seconds: Number(seconds), style }),
  ],
  [/<@!?(\d{1,20})>/y, ([, name = '']) => ({ kind: 'user', name })],
  [/<@&(\d{1,20})>/y, ([, name = '']) => ({ kind: 'role', name })],
  [/<#(\d{1,20})>/y, ([, name = '']) => ({ kind: 'channel', name })],
  [/<\/([^:>]{1,100}):\d{1,20}>/y, ([, name = '']) => ({ kind: 'command', name })],
  [/<a?:(\w{1,32}):\d{1,20}>/y, ([, name = '']) => `:${name}:`],
];

/** The longest of those: `</`, a name, `:`, an id and `>`. */
const BRACKET_REACH = 124;

/** White space as `\s` has it, to be looked for by its characters. */
const SPACES =
  ' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';

/** A text that is read once, from its beginning to its end. */
class Reader {
  /** @param {string} text @param {Work} work */
  constructor(text, work) {
    this.text = text;
    this.work = work;
    /** By what was looked for: from where, and where it is (the end where it is not). @type {Map<string, { from: number, at: number }>} */
    this.found = new Map();
    /** Marks that nothing ends from here on. @type {Set<string>} */
    this.dead = new Set();
    /** The last `]` behind which no address stands. */
    this.deadLink = -1;
    /** Where runs of so many backticks begin, those behind first. @type {Map<number, number[]> | null} */
    this.ticks = null;
  }

  /**
   * Where the next of these characters stands, the text's end where none does. The answer holds for
   * every place before it, so it is looked for once.
   * @param {string} characters @param {number} from
   */
  next(characters, from) {
    return this.remembered(characters, from, () => {
      let at = from;
      while (at < this.text.length && !characters.includes(this.text.charAt(at))) at += 1;
      this.work.looked += at - from + 1;
      return at;
    });
  }

  /** The same for one character behind no backslash. @param {string} character @param {number} from */
  nextBare(character, from) {
    return this.remembered(`\\${character}`, from, () => {
      let at = from;
      while (at < this.text.length && this.text.charAt(at) !== character) {
        at += this.text.charAt(at) === '\\' ? 2 : 1;
      }
      this.work.looked += at - from + 1;
      return Math.min(at, this.text.length);
    });
  }

  /** @param {string} what @param {number} from @param {() => number} look */
  remembered(what, from, look) {
    const known = this.found.get(what);
    if (known !== undefined && known.from <= from && from <= known.at) return known.at;
    const at = look();
    this.found.set(what, { from, at });
    return at;
  }

  /** Where the next run of exactly so many backticks begins; -1 where none does. @param {number} length @param {number} from */
  nextTicks(length, from) {
    this.ticks ??= this.findTicks();
    const places = this.ticks.get(length) ?? [];
    while ((places.at(-1) ?? from) < from) places.pop();
    return places.at(-1) ?? -1;
  }

  findTicks() {
    /** @type {Map<number, number[]>} */
    const ticks = new Map();
    this.work.looked += this.text.length;
    for (const { 0: run, index } of [...this.text.matchAll(/`+/g)].reverse()) {
      const places = ticks.get(run.length) ?? [];
      places.push(index);
      ticks.set(run.length, places);
    }
    return ticks;
  }
}

/** Where a line of text could hold anything but itself. */
const BEGINNINGS = '\\`|*_~[<h';

/** @param {string} text @param {Work} [work] @returns {Inline[]} */
export function readInline(text, work = { looked: 0 }) {
  return inlineAt(text, 0, work);
}

/** @param {string} text @param {number} depth @param {Work} work @returns {Inline[]} */
function inlineAt(text, depth, work) {
  if (depth > MAX_DEPTH) return [text];
  const reader = new Reader(text, work);
  /** @type {Inline[]} */
  const nodes = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    const next = reader.next(BEGINNINGS, at);
    plain += text.slice(at, next);
    at = next;
    const fit = at < text.length ? fitAt(reader, at, depth) : null;
    if (fit === null) {
      plain += text.charAt(at);
      at += 1;
    } else {
      if (typeof fit.node === 'string') plain += fit.node;
      else {
        if (plain !== '') nodes.push(plain);
        plain = '';
        nodes.push(fit.node);
      }
      at = fit.end;
    }
  }
  if (plain !== '') nodes.push(plain);
  return nodes;
}

/** @typedef {{ node: Inline, end: number } | null} Fit */

/** What begins at this place. @param {Reader} reader @param {number} at @param {number} depth @returns {Fit} */
function fitAt(reader, at, depth) {
  switch (reader.text.charAt(at)) {
    case '\\':
      return escapeAt(reader, at);
    case '`':
      return codeAt(reader, at);
    case '[':
      return linkAt(reader, at, depth);
    case '<':
      return bracketAt(reader, at);
    case 'h':
      return addressAt(reader, at);
    default:
      return markAt(reader, at, depth);
  }
}

/** @param {Reader} reader @param {number} at @returns {Fit} */
function escapeAt({ text, work }, at) {
  work.looked += 1;
  const character = text.charAt(at + 1);
  return /[^A-Za-z0-9\s]/.test(character) ? { node: character, end: at + 2 } : null;
}

/** As many backticks as it began with end it. @param {Reader} reader @param {number} at @returns {Fit} */
function codeAt(reader, at) {
  const { text, work } = reader;
  let begin = at;
  while (text.charAt(begin) === '`') begin += 1;
  const length = begin - at;
  work.looked += length + 1;
  const end = reader.nextTicks(length, begin);
  if (end < 0) return { node: text.slice(at, begin), end: begin };
  const code = text.slice(begin, end);
  return { node: { kind: 'code', text: code.trim() || code }, end: end + length };
}

/** `[words](address)`, of the web alone. @param {Reader} reader @param {number} at @param {number} depth @returns {Fit} */
function linkAt(reader, at, depth) {
  const { text, work } = reader;
  const close = reader.nextBare(']', at + 1);
  if (close === text.length || close === at + 1 || close === reader.deadLink) return null;
  let from = close + 2;
  if (text.charAt(from) === '<') from += 1;
  const scheme = text.charAt(close + 1) === '(' ? schemeAt(text, from) : 0;
  let end = scheme === 0 ? 0 : reader.next(`${SPACES}<>)`, from);
  const url = text.slice(from, end);
  if (text.charAt(end) === '>') end += 1;
  if (url.length <= scheme || text.charAt(end) !== ')') {
    reader.deadLink = close;
    return null;
  }
  work.looked += url.length;
  const children = inlineAt(text.slice(at + 1, close), depth + 1, work);
  return { node: { kind: 'link', url, children }, end: end + 1 };
}

/** @param {Reader} reader @param {number} at @returns {Fit} */
function bracketAt(reader, at) {
  const { text, work } = reader;
  const scheme = schemeAt(text, at + 1);
  if (scheme > 0) {
    const end = reader.next(`${SPACES}>`, at + 1);
    if (text.charAt(end) !== '>' || end === at + 1 + scheme) return null;
    const url = text.slice(at + 1, end);
    return { node: { kind: 'link', url, children: [url] }, end: end + 1 };
  }
  work.looked += BRACKET_REACH;
  for (const [pattern, make] of BRACKETS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { node: make(match), end: pattern.lastIndex };
  }
  return null;
}

/** An address in the text; what ends a sentence is no part of it. @param {Reader} reader @param {number} at @returns {Fit} */
function addressAt(reader, at) {
  const { text, work } = reader;
  const scheme = schemeAt(text, at);
  if (scheme === 0) return null;
  let end = reader.next(`${SPACES}<>`, at);
  while (end > at + scheme && '.,:;!?\'")]'.includes(text.charAt(end - 1))) {
    end -= 1;
    work.looked += 1;
  }
  if (end === at + scheme) return null;
  const url = text.slice(at, end);
  return { node: { kind: 'link', url, children: [url] }, end };
}

/** The length of `http://` or `https://` at this place, else 0. @param {string} text @param {number} at */
function schemeAt(text, at) {
  return ['https://', 'http://'].find((scheme) => text.startsWith(scheme, at))?.length ?? 0;
}

/** @param {Reader} reader @param {number} at @param {number} depth @returns {Fit} */
function markAt(reader, at, depth) {
  const { text, work } = reader;
  for (const rule of MARKS) {
    const { mark, kind, notBefore } = rule;
    if (!text.startsWith(mark, at) || reader.dead.has(mark)) continue;
    if (notBefore?.test(text.charAt(at - 1))) continue;
    const begin = at + mark.length;
    const close = rule.once ? onceClose(reader, begin, rule) : closeOf(reader, begin, rule);
    if (close < 0) continue;
    const children = inlineAt(text.slice(begin, close), depth + 1, work);
    return { node: { kind, children }, end: close + mark.length };
  }
  return null;
}

/** @typedef {(typeof MARKS)[number]} MarkRule */

/** @param {Reader} reader @param {number} begin @param {MarkRule} rule */
function onceClose(reader, begin, { mark, notBehind, notWithin }) {
  const { text } = reader;
  const close = reader.nextBare(mark, begin);
  const isEmpty = close === begin || notWithin?.test(text.charAt(begin));
  return close === text.length || isEmpty || notBehind?.test(text.charAt(close + 1)) ? -1 : close;
}

/** A mark that nothing ends is not looked for again. @param {Reader} reader @param {number} begin @param {MarkRule} rule */
function closeOf({ text, work, dead }, begin, { mark, escapes, notBehind }) {
  let at = begin;
  while (at < text.length) {
    const isEscaped = escapes === true && text.charAt(at) === '\\';
    const isEnd = at > begin && text.startsWith(mark, at);
    if (isEnd && !notBehind?.test(text.charAt(at + mark.length))) break;
    at += isEscaped ? 2 : 1;
  }
  work.looked += at - begin + 1;
  if (at < text.length) return at;
  dead.add(mark);
  return -1;
}
