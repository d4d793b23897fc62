/** The newest thought of a model: its heading, if it has one, and the words below it. */
export interface Thought {
  heading: string | null;
  words: string;
}

/**
 * Collects a model's thinking as it arrives. Pieces may break anywhere, so the text is joined
 * first and read afterwards. Bounded: beyond `maxChars` the oldest half is let go.
 */
export function createTranscript(maxChars = 200_000) {
  let text = '';
  return {
    add(piece: string): void {
      text += piece;
      if (text.length > maxChars) text = text.slice(text.length - maxChars / 2);
    },
    get text(): string {
      return text;
    },
    latest(): Thought | null {
      return latestThought(text);
    },
  };
}

/** Far more than is shown, and little enough to search again with every piece. */
const TAIL_CHARS = 4_000;

/** A line that is bold from end to end, as Gemini writes the headings of its thoughts. */
const HEADING = /^[ \t]*(?:#{1,4}[ \t]+)?\*\*([^*\n]{1,200})\*\*[ \t]*$/gm;

/** Reads the newest heading and what follows it from a transcript. */
function latestThought(transcript: string): Thought | null {
  const tail = transcript.slice(-TAIL_CHARS);
  let heading: string | null = null;
  let wordsFrom = 0;
  for (const match of tail.matchAll(HEADING)) {
    heading = match[1]?.trim() ?? null;
    wordsFrom = match.index + match[0].length;
  }
  const words = tail.slice(wordsFrom).trim();
  return heading === null && words === '' ? null : { heading, words };
}
