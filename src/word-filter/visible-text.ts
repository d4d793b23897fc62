/**
 * What people see of a text. The one place that knows which characters show nothing: a prompt of
 * nothing else is no prompt, none of them goes to the model, and none hides a blocked word.
 */

/** Show nothing and take room, as a space does: blanks of Braille, Hangul and music. */
const BLANKS = '\\u2800\\u115F\\u1160\\u3164\\uFFA0\\u{1D159}';

/** End a line, beside the line feed itself. */
const BREAKS = '\\r\\v\\f\\x85\\u2028\\u2029';

/** Join or part the characters around them: in Persian, in scripts of India, in emoji. */
const JOINERS = '\\u200C\\u200D';

/** Joins Mongolian letters, as a joiner does. */
const VOWEL_SEPARATOR = '\u180E';

/** Choose a form of the character before them. */
const SELECTORS = '\\uFE00-\\uFE0F';
const HAN_SELECTORS = '\\u{E0100}-\\u{E01EF}';
const MONGOLIAN_SELECTORS = '\\u180B-\\u180D\\u180F';

/**
 * Show nothing: whatever Unicode calls ignorable (joiners, selectors and tags too), controls,
 * interlinear annotation, and what is no character at all.
 */
const HIDDEN =
  '\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\p{Surrogate}\\uFFF9-\\uFFFB[\\p{Cc}--[\\n\\t]]';

const ANY_SPECIAL = new RegExp(`\\r\\n|[${HIDDEN}${BLANKS}${BREAKS}]`, 'v');
const ALL_UNSEEN = new RegExp(`[${HIDDEN}${BLANKS}]`, 'gv');
const IS_BLANK = new RegExp(`^[${BLANKS}]$`, 'v');
const IS_BREAK = new RegExp(`^(?:\\r\\n|[${BREAKS}])$`, 'v');
const IS_JOINER = new RegExp(`^[${JOINERS}${VOWEL_SEPARATOR}]$`, 'v');
const IS_SELECTOR = new RegExp(`^[${SELECTORS}${HAN_SELECTORS}${MONGOLIAN_SELECTORS}]$`, 'v');
const IS_HAN_SELECTOR = new RegExp(`^[${HAN_SELECTORS}]$`, 'v');
const IS_MONGOLIAN_SELECTOR = new RegExp(`^[${MONGOLIAN_SELECTORS}]$`, 'v');
const IS_SPACE = /^[\s\p{Z}]$/v;
const IS_HAN = /^\p{Script=Han}$/v;
const IS_MONGOLIAN = /^\p{Script=Mongolian}$/v;

/** Signs of India for "no vowel": a joiner behind one shows also where the word ends. */
const IS_VIRAMA = /^[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D4D\u0DCA]$/v;

/**
 * A flag that is spelt with tags. Discord shows those of Unicode's list (England, Scotland, Wales);
 * of any other it shows a black flag, and its tags would be words that nobody sees.
 */
const FLAG = /\p{RGI_Emoji_Tag_Sequence}/vy;
const BLACK_FLAG = '\u{1F3F4}';

type Kind = 'selector' | 'joiner' | 'break' | 'blank' | 'hidden';

/** Of the special characters that were met; there are a few thousand. */
const kinds = new Map<string, Kind>();

function kindOf(special: string): Kind {
  let kind = kinds.get(special);
  if (kind === undefined) {
    if (IS_SELECTOR.test(special)) kind = 'selector';
    else if (IS_JOINER.test(special)) kind = 'joiner';
    else if (IS_BREAK.test(special)) kind = 'break';
    else kind = IS_BLANK.test(special) ? 'blank' : 'hidden';
    kinds.set(special, kind);
  }
  return kind;
}

/**
 * A text without what its reader cannot see. What shows in the characters around it stays: one
 * joiner between two of them, one selector behind one, the tags of a flag; more than one shows no
 * more, and could spell a hidden text. Blanks become spaces. Takes time in proportion to the text;
 * a second time changes nothing.
 */
export function withoutHidden(text: string): string {
  if (!ANY_SPECIAL.test(text)) return text;
  /** The last visible character; '' at the start, behind a space and behind a flag. */
  let before = '';
  /** Held back until the character comes that it joins. */
  let joiner = '';
  /** Whether `before` has its selector. */
  let isVaried = false;

  function show(seen: string): string {
    const [first, last] = endsOf(seen);
    const joined = IS_VIRAMA.test(before) || canJoin(first, joiner) ? joiner + seen : seen;
    before = IS_SPACE.test(last) ? '' : last;
    joiner = '';
    isVaried = false;
    return joined;
  }

  let clean = '';
  let from = 0;
  const specials = new RegExp(ANY_SPECIAL, 'gv');
  for (let found = specials.exec(text); found !== null; found = specials.exec(text)) {
    if (found.index > from) clean += show(text.slice(from, found.index));
    const [special] = found;
    from = specials.lastIndex;
    switch (kindOf(special)) {
      case 'selector':
        if (isVaried || joiner !== '' || !canVary(before, special)) break;
        clean += special;
        isVaried = true;
        break;
      case 'joiner':
        if (joiner === '' && canJoin(before, special)) joiner = special;
        break;
      case 'break':
        clean += show('\n');
        break;
      case 'blank':
        clean += show(' ');
        break;
      case 'hidden':
        FLAG.lastIndex = found.index - BLACK_FLAG.length;
        if (before !== BLACK_FLAG || !FLAG.test(text)) break;
        clean += text.slice(found.index, FLAG.lastIndex);
        from = FLAG.lastIndex;
        specials.lastIndex = from;
        // Nothing joins such a flag, or chooses a form of it.
        before = '';
        break;
    }
  }
  if (from < text.length) clean += show(text.slice(from));
  return IS_VIRAMA.test(before) ? clean + joiner : clean;
}

/** The first and the last character. */
function endsOf(text: string): [first: string, last: string] {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const isPair = text.length > 1 && (text.charCodeAt(text.length - 1) & 0xfc00) === 0xdc00;
  return [first, text.slice(isPair ? -2 : -1)];
}

function canVary(before: string, selector: string): boolean {
  if (IS_MONGOLIAN_SELECTOR.test(selector)) return IS_MONGOLIAN.test(before);
  if (IS_HAN_SELECTOR.test(selector)) return IS_HAN.test(before);
  return before !== '';
}

function canJoin(visible: string, joiner: string): boolean {
  if (joiner === VOWEL_SEPARATOR) return IS_MONGOLIAN.test(visible);
  return visible !== '' && !IS_SPACE.test(visible);
}

/** A prompt as it is stored, shown and sent; '' where there is nothing to see in it. */
export function readPrompt(typed: string): string {
  return withoutHidden(typed).trim();
}

/** Characters that Discord lets a person type at once. */
const MAX_TYPED = 6_000;

/**
 * Characters that one reading may have. Compatibility forms are written out in it, and one of them
 * (U+FDFA) makes 18 characters: the cost of matching is bounded by this, not by what was typed.
 */
export const MAX_READING = 8_000;

/** Characters that are written out at once, to stop soon where it gets too long. */
const PIECE = 256;

/** More marks on one letter than any script has; to put thousands in order takes their square. */
const STACKED_MARKS = /(\p{M}{30})\p{M}+/gv;

/**
 * The ways to read a text when words are looked for in it, all without anything unseen and with
 * compatibility forms written out (full-width letters, ligatures): as it is seen, where a blank
 * parts words, and with blanks left out too, as one within a word hides it. Null for a text that
 * is longer than any that can be typed, or gets longer than `MAX_READING`.
 */
export function readingsOf(text: string): string[] | null {
  if (text.length > MAX_TYPED) return null;
  const joined = withoutUnseen(text);
  let length = 0;
  for (let at = 0; at < joined.length; at += PIECE) {
    length += joined.slice(at, at + PIECE).normalize('NFKC').length;
    if (length > MAX_READING) return null;
  }
  return [...new Set([plainText(joined), plainText(withoutHidden(text))])];
}

/** A text as it is compared: nothing unseen, accents joined, compatibility forms written out. */
export function plainText(text: string): string {
  return withoutUnseen(withoutUnseen(text).replace(STACKED_MARKS, '$1').normalize('NFKC'));
}

/** Without anything that shows nothing, blanks included. */
export function withoutUnseen(text: string): string {
  return text.replace(ALL_UNSEEN, '');
}
