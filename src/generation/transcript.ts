/** The newest thought of a model: its heading, if it has one, and the words below it. */
export interface Thought {
  heading: string | null;
  words: string;
}

/**
 * Collects a model's thinking as it arrives. Pieces may break anywhere, so the text is joined
 * first and read afterwards. Bounded: beyond `maxChars` the oldest half is let go.
 *
 * Pieces are kept apart until somebody wants the whole, as a string that grows is copied each time
 * that it is read: a provider that sends it in many small pieces would have it copied for each.
 */
export function createTranscript(maxChars = 200_000) {
  let pieces: string[] = [];
  let length = 0;
  /** The newest characters, which are all that `latest` looks at. */
  let tail = '';

  const join = () => {
    const text = pieces.join('');
    pieces = [text];
    return text;
  };

  return {
    add(piece: string): void {
      pieces.push(piece);
      length += piece.length;
      tail = (tail + piece.slice(-TAIL_CHARS)).slice(-TAIL_CHARS);
      if (length <= maxChars) return;
      pieces = [join().slice(-maxChars / 2)];
      length = maxChars / 2;
    },
    /** Whether nothing was added yet. */
    get isEmpty(): boolean {
      return length === 0;
    },
    get text(): string {
      return join();
    },
    latest(): Thought | null {
      return latestThought(tail);
    },
  };
}

/** Far more than is shown, and little enough to search again with every piece. */
const TAIL_CHARS = 4_000;

/** A line that is bold from end to end, as Gemini writes the headings of its thoughts. */
const HEADING = /^[ \t]*(?:#{1,4}[ \t]+)?\*\*([^*\n]{1,200})\*\*[ \t]*$/gm;

/** Reads the newest heading and what follows it from the end of a transcript. */
function latestThought(tail: string): Thought | null {
  let heading: string | null = null;
  let wordsFrom = 0;
  for (const match of tail.matchAll(HEADING)) {
    heading = match[1]?.trim() ?? null;
    wordsFrom = match.index + match[0].length;
  }
  const words = tail.slice(wordsFrom).trim();
  return heading === null && words === '' ? null : { heading, words };
}
