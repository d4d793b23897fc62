import { isBase64Code } from '../stream/base64.ts';

/**
 * Pictures, links and raw base64 in what a model says. Whoever writes the text may want it to be
 * slow to read: every function here passes over it once.
 */

/** A run of text, and the handle of the picture that stood behind it. */
export interface TextPiece {
  text: string;
  /** What stood around the picture: the head of its data URI, and of its markdown. */
  markup: string;
  handle: string | null;
}

const HANDLE_NUMBER = /-\d{1,9}-/y;
/** Longer than the label of a picture and the head of its data URI. */
const MARKUP_LENGTH = 1_200;
const URI_START = /data:image\//gi;
const URI_HEAD = /^data:image\/[\w.+=;-]{1,100};base64,$/i;

/** Takes a text apart at the handles that begin with the nonce; the last piece has none. */
export function* piecesOf(text: string, nonce: string): Generator<TextPiece, void> {
  let from = 0;
  let at = text.indexOf(nonce);
  while (at !== -1) {
    HANDLE_NUMBER.lastIndex = at + nonce.length;
    if (HANDLE_NUMBER.test(text)) {
      const end = HANDLE_NUMBER.lastIndex;
      const start = at - markupLength(text.slice(Math.max(from, at - MARKUP_LENGTH), at));
      const markup = text.slice(start, at);
      yield { text: text.slice(from, start), markup, handle: text.slice(at, end) };
      from = markup.startsWith('![') && text[end] === ')' ? end + 1 : end;
      at = text.indexOf(nonce, end);
    } else at = text.indexOf(nonce, at + nonce.length);
  }
  yield { text: text.slice(from), markup: '', handle: null };
}

/** Characters at the end of a text that are the head of a picture in it, as markdown or bare. */
function markupLength(before: string): number {
  const uri = [...before.matchAll(URI_START)].at(-1)?.index;
  if (uri === undefined || !URI_HEAD.test(before.slice(uri))) return 0;
  const label = before.slice(0, uri);
  const start = label.endsWith('](') ? label.lastIndexOf('![') : -1;
  const isLabel = start !== -1 && !/[\]\n]/.test(label.slice(start, -2));
  return before.length - (isLabel ? start : uri);
}

const LINK_TOKEN = /!\[|[\n\]](?:\(\s{0,9}<?(https?:\/\/[^\s)>]{1,2000}))?/gi;
const LABEL_LENGTH = 1_000;

/** The address of the last picture that a text links to in markdown. */
export function lastPictureLink(text: string): string | null {
  let last: string | null = null;
  let labelAt: number | null = null;
  for (const { 0: token, 1: address, index } of text.matchAll(LINK_TOKEN)) {
    if (token === '![') {
      labelAt = index;
      continue;
    }
    const isLabelled = labelAt !== null && index - labelAt - 2 <= LABEL_LENGTH;
    if (address !== undefined && token[0] === ']' && isLabelled) last = address;
    labelAt = null;
  }
  return last;
}

/** So many characters of base64 in one run are nobody's words, */
const LONG_RUN = 200;
/** and neither are lines of so many, where there are this many of them. */
const LONG_LINE = 60;
const LINES = 3;

/** A text without the base64 in which no picture was seen: an ellipsis stands for each. */
export function withoutLongBase64(text: string): string {
  if (text.length < LINES * LONG_LINE) return text;
  let kept = '';
  let keptTo = 0;
  /** Long lines that follow each other, so far. */
  let lines = { from: 0, to: 0, count: 0 };
  const leaveOut = (from: number, to: number) => {
    kept += `${text.slice(keptTo, from)}…`;
    keptTo = to;
  };

  for (const { from, to } of runsOf(text)) {
    const end = paddedTo(text, to);
    const length = to - from;
    const goesOn = lines.count > 0 && isBlank(text, lines.to, from);
    if (goesOn && (length < LONG_LINE || length >= LONG_RUN)) {
      // A shorter line is the last one of them.
      if (lines.count >= LINES && length < LONG_LINE) lines.to = end;
    } else if (goesOn) {
      lines = { from: lines.from, to: end, count: lines.count + 1 };
      continue;
    }
    if (lines.count >= LINES) leaveOut(lines.from, lines.to);
    lines = { from, to: end, count: length >= LONG_LINE && length < LONG_RUN ? 1 : 0 };
    if (length >= LONG_RUN) leaveOut(from, end);
  }
  if (lines.count >= LINES) leaveOut(lines.from, lines.to);
  return kept + text.slice(keptTo);
}

/** Every run of characters of base64. */
function* runsOf(text: string): Generator<{ from: number; to: number }, void> {
  let from = -1;
  for (let at = 0; at <= text.length; at++) {
    const isInside = at < text.length && isBase64Code(text.charCodeAt(at));
    if (isInside && from === -1) from = at;
    if (isInside || from === -1) continue;
    yield { from, to: at };
    from = -1;
  }
}

function paddedTo(text: string, at: number): number {
  if (text[at] !== '=') return at;
  return text[at + 1] === '=' ? at + 2 : at + 1;
}

function isBlank(text: string, from: number, to: number): boolean {
  return to > from && text.slice(from, to).trim() === '';
}
