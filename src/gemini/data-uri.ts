/** Watches text go by, character by character, for `data:image/…;base64,`. */
export interface DataUriWatcher {
  /** True when this character completes the beginning of a base64 picture. */
  see(code: number): boolean;
  reset(): void;
}

const START = 'data:image/';
/** More than any media type with its parameters needs. */
const TYPE_LENGTH = 100;
const TYPE_CHARACTER = /[\w.+=;-]/;
const COMMA = 0x2c;
const LOWER_D = 0x64;

/** The same form as the watcher finds, for text that is at hand as a whole. */
export const DATA_URI_START = String.raw`data:image/[\w.+=;-]{1,100};base64,`;

export function createDataUriWatcher(): DataUriWatcher {
  /** Characters of START that have matched. */
  let matched = 0;
  /** What follows START; null while outside. */
  let type: string | null = null;

  return {
    see(code) {
      // Nearly every character of a text: nothing has begun, and this is no "d" or "D".
      if (type === null && matched === 0 && (code | 0x20) !== LOWER_D) return false;
      const character = String.fromCharCode(code);
      const lower = character.toLowerCase();
      let found = false;
      if (type !== null) {
        if (code === COMMA) found = type.length > 7 && /;base64$/i.test(type);
        const goesOn = TYPE_CHARACTER.test(character) && type.length < TYPE_LENGTH + 7;
        type = goesOn ? type + character : null;
      }
      // "d" stands only at the start of START, so this is all the backtracking there is to do.
      if (lower === START[matched]) matched += 1;
      else matched = lower === START[0] ? 1 : 0;
      if (matched === START.length) {
        matched = 0;
        type = '';
      }
      return found;
    },
    reset() {
      matched = 0;
      type = null;
    },
  };
}
