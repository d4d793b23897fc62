/** Watches text go by, character by character, for `data:image/…;base64,`. */
export interface DataUriWatcher {
  /** True when this character completes the beginning of a base64 picture. */
  see(code: number): boolean;
  /**
   * Ready for another text.
   * @param anyType whether the data may be of any type, or of none
   */
  reset(anyType?: boolean): void;
}

/** A text that merely mentions a data URI has a few characters behind it, no picture does. */
export const SMALLEST_PICTURE_BYTES = 64;

const START = 'data:image/';
const START_OF_ANY = 'data:';
const END = ';base64';
/** More than any media type with its parameters needs. */
const TYPE_LENGTH = 100;
const TYPE_CHARACTER = /[\w.+=;/-]/;
const COMMA = 0x2c;
const LOWER_D = 0x64;

function isBase64(type: string): boolean {
  return type.toLowerCase().endsWith(END);
}

export function createDataUriWatcher(): DataUriWatcher {
  /** Characters of START that have matched. */
  let matched = 0;
  /** What follows START; null while outside. */
  let type: string | null = null;
  let start = START;

  return {
    see(code) {
      // Nearly every character of a text: nothing has begun, and this is no "d" or "D".
      if (type === null && matched === 0 && (code | 0x20) !== LOWER_D) return false;
      const character = String.fromCharCode(code);
      const lower = character.toLowerCase();
      let found = false;
      if (type !== null) {
        if (code === COMMA) found = isBase64(type);
        const goesOn = TYPE_CHARACTER.test(character) && type.length < TYPE_LENGTH + END.length;
        type = goesOn ? type + character : null;
      }
      // "d" stands only at the start of it, so this is all the backtracking there is to do.
      if (lower === start[matched]) matched += 1;
      else matched = lower === start[0] ? 1 : 0;
      if (matched === start.length) {
        matched = 0;
        type = '';
      }
      return found;
    },
    reset(anyType = false) {
      start = anyType ? START_OF_ANY : START;
      matched = 0;
      type = null;
    },
  };
}
