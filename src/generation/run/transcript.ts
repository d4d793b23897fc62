/** The newest thought of a model: its heading, if it has one, and the words below it. */
export interface Thought {
  heading: string | null;
  words: string;
}

/**
 * Collects a model's thinking as it arrives. Pieces may break anywhere, so the text is joined
 * first and read afterwards. Bounded: beyond `maxChars` the oldest half is let go. To take a piece
 * costs its own length, whatever came before: a piece may be a single letter.
 */
export function createTranscript(maxChars = 200_000) {
  let text = '';
  /** The end of the text, by itself: to cut it from the whole would copy the whole each time. */
  let tail = '';
  let isBlank = true;
  return {
    add(piece: string): void {
      text += piece;
      if (text.length > maxChars) text = text.slice(text.length - maxChars / 2);
      tail += piece;
      isBlank &&= piece.trim() === '';
      if (tail.length <= 2 * TAIL_CHARS) return;
      tail = tail.slice(-TAIL_CHARS);
      isBlank = tail.trim() === '';
    },
    /** Whether nothing was added yet. */
    get isEmpty(): boolean {
      return text === '';
    },
    get text(): string {
      return text;
    },
    /** Read only when it is looked at: far more pieces arrive than are shown. */
    latest(): Thought | null {
      return isBlank ? null : latestThought(tail);
    },
  };
}

/** Far more than is shown. */
const TAIL_CHARS = 4_000;

/** A line that is bold from end to end, as Gemini writes the headings of its thoughts. */
const HEADING = /^[ \t]*(?:#{1,4}[ \t]+)?\*\*([^*\n]{1,200})\*\*[ \t]*$/gm;

function latestThought(tail: string): Thought {
  let thought: Thought | null = null;
  const read = () => {
    thought ??= readThought(tail.slice(-TAIL_CHARS));
    return thought;
  };
  return {
    get heading() {
      return read().heading;
    },
    get words() {
      return read().words;
    },
  };
}

/** Reads the newest heading and what follows it. */
function readThought(tail: string): Thought {
  let heading: string | null = null;
  let wordsFrom = 0;
  for (const match of tail.matchAll(HEADING)) {
    heading = match[1]?.trim() ?? null;
    wordsFrom = match.index + match[0].length;
  }
  return { heading, words: tail.slice(wordsFrom).trim() };
}
