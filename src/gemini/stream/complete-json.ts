import { BACKSLASH, BLANKS, LOWER_U, QUOTE, SPACE } from './ascii.ts';

/** A whole literal. A number is whole only where something follows it: its end may be missing. */
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[\s,\]}])/y;
const HEX = /[0-9a-fA-F]{4}/y;
const SHORT_ESCAPES: ReadonlySet<string> = new Set('"\\/bfnrt');

/**
 * The JSON that a cut or damaged text begins with: everything in front of the fault, with the open
 * string, arrays and objects closed behind it. Null where nothing of the text is whole. It looks at
 * each character once.
 */
export function completeJson(text: string): string | null {
  /** What closes each open array and object, outermost first. */
  const closers: string[] = [];
  let expected: 'value' | 'key' | 'colon' | 'comma' = 'value';
  /** Right behind a bracket that opens: nothing need follow. */
  let isEmpty = false;
  let at = 0;
  /** Everything before it is whole, but for the closers. */
  let wholeTo = 0;

  const completed = (to = wholeTo, quote = '') =>
    to === 0 ? null : text.slice(0, to) + quote + closers.toReversed().join('');

  for (;;) {
    while (BLANKS.has(text.charCodeAt(at))) at += 1;
    const character = text[at] ?? '';
    if ((expected === 'comma' || isEmpty) && character !== '' && character === closers.at(-1)) {
      closers.pop();
      wholeTo = ++at;
      if (closers.length === 0) return text.slice(0, wholeTo);
      expected = 'comma';
      isEmpty = false;
      continue;
    }
    isEmpty = false;
    if (expected === 'comma' || expected === 'colon') {
      if (character !== (expected === 'comma' ? ',' : ':')) return completed();
      at += 1;
      if (expected === 'colon') expected = 'value';
      else expected = closers.at(-1) === '}' ? 'key' : 'value';
    } else if (character === '"') {
      const { end, isWhole } = readString(text, at);
      if (!isWhole) return expected === 'value' ? completed(end, '"') : completed();
      at = end;
      if (expected === 'value') wholeTo = at;
      expected = expected === 'key' ? 'colon' : 'comma';
    } else if (expected === 'value' && (character === '{' || character === '[')) {
      closers.push(character === '{' ? '}' : ']');
      wholeTo = ++at;
      isEmpty = true;
      expected = character === '{' ? 'key' : 'value';
    } else {
      LITERAL.lastIndex = at;
      if (expected !== 'value' || !LITERAL.test(text)) return completed();
      at = LITERAL.lastIndex;
      wholeTo = at;
      expected = 'comma';
    }
    // A text that is one bare value has nothing to close.
    if (closers.length === 0) return completed();
  }
}

/** Where a string ends: behind its closing quote, or else in front of what it cannot hold. */
function readString(text: string, from: number): { end: number; isWhole: boolean } {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { end: at + 1, isWhole: true };
    if (code < SPACE) break;
    if (code !== BACKSLASH) {
      at += 1;
      continue;
    }
    const isUnicode = text.charCodeAt(at + 1) === LOWER_U;
    HEX.lastIndex = at + 2;
    if (!(isUnicode ? HEX.test(text) : SHORT_ESCAPES.has(text[at + 1] ?? ''))) break;
    at += isUnicode ? 6 : 2;
  }
  return { end: Math.min(at, text.length), isWhole: false };
}
