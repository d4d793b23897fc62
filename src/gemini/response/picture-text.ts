/**
 * Pictures, links and raw base64 in what a model says. Whoever writes the text may want it to be
 * slow to read: every function here passes over it once.
 */

/** Words, and the picture that stood behind them. */
export interface TextPiece {
  words: string;
  /** Its placeholder, or its base64 where that is short; null behind the last words. */
  picture: string | null;
  /** Where the next piece begins. */
  end: number;
}

/** A text that merely mentions a data URI has a few characters behind it; no picture has so few. */
const SMALLEST_BASE64 = 86;
/** Longer than the label of a picture in markdown. */
const LABEL_LENGTH = 1_000;
/** A data URI that is too short to be a picture, with its head. */
export const MENTION_LENGTH = 120 + SMALLEST_BASE64;

/** What finds the pictures of one response, whose placeholders begin with the nonce. */
export function pictureUriPattern(nonce: string): RegExp {
  const data = `${nonce}-\\d{1,9}-|[\\w+/-]{${SMALLEST_BASE64},}={0,2}`;
  return new RegExp(`data:image/[\\w.+=;-]{1,100};base64,(${data})`, 'gi');
}

/** Takes a text apart at the data URIs of pictures; words count from an index on. */
export function* piecesOf(text: string, uris: RegExp, from = 0): Generator<TextPiece, void> {
  let next = from;
  for (const { 0: uri, 1: picture = '', index } of text.matchAll(uris)) {
    const label = labelLength(text.slice(Math.max(0, index - LABEL_LENGTH), index));
    const end = index + uri.length;
    const words = text.slice(next, Math.max(next, index - label));
    next = label > 0 && text[end] === ')' ? end + 1 : end;
    yield { words, picture, end: next };
  }
  yield { words: text.slice(next), picture: null, end: text.length };
}

/** Characters at the end of a text that begin a picture in markdown. */
function labelLength(before: string): number {
  const start = before.endsWith('](') ? before.lastIndexOf('![') : -1;
  const isLabel = start !== -1 && !/[\]\n]/.test(before.slice(start, -2));
  return isLabel ? before.length - start : 0;
}

const LINK_TOKEN = /!\[|[\n\]](?:\(\s{0,9}<?(https?:\/\/[^\s)>]{1,2000}))?/gi;

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

/** A run of characters of either alphabet, and its padding. */
const BASE64_RUN = /([\w+/-]+)={0,2}/g;

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

  for (const { 0: padded, 1: { length } = '', index: from } of text.matchAll(BASE64_RUN)) {
    const end = from + padded.length;
    const goesOn = lines.count > 0 && /^\s+$/.test(text.slice(lines.to, from));
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
