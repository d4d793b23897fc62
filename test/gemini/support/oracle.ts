import { joinTexts, type SeenEvent } from './read.ts';

const DATA_URI = /!\[\]\(data:image\/png;base64,([A-Za-z0-9+/]{86,}=*)\)/g;

interface AnyPart {
  text?: string | null;
  thought?: boolean | null;
  inlineData?: { data: string } | null;
  inline_data?: { data: string } | null;
}
interface AnyDocument {
  candidates?: { content?: { parts?: (AnyPart | null)[] | null } | null }[] | null;
  usageMetadata?: { totalTokenCount?: number; promptTokenCount?: number } | null;
}

/**
 * What an answer says when each of its documents is read whole with JSON.parse and each picture
 * with Buffer.from: all that must come out of reading it piece by piece.
 */
export function readWhole(documents: string[]): SeenEvent[] {
  const events: SeenEvent[] = [];
  for (const document of documents.map((text) => JSON.parse(text) as AnyDocument)) {
    for (const candidate of document.candidates ?? []) {
      for (const part of candidate.content?.parts ?? []) {
        if (part !== null) events.push(...readPart(part));
      }
    }
    const { totalTokenCount, promptTokenCount } = document.usageMetadata ?? {};
    if (totalTokenCount !== undefined) {
      events.push({
        type: 'usage',
        usage: {
          promptTokens: promptTokenCount ?? null,
          imageTokens: null,
          thoughtTokens: null,
          totalTokens: totalTokenCount,
        },
      });
    }
  }
  return joinTexts(events);
}

function readPart(part: AnyPart): SeenEvent[] {
  const events: SeenEvent[] = [];
  const flagged = part.thought === true;
  const say = (text: string) => {
    if (text !== '') events.push({ type: flagged ? 'thought' : 'text', text });
  };
  const show = (data: string) => {
    events.push({ type: flagged ? 'draft' : 'image', bytes: Buffer.from(data, 'base64') });
  };
  let from = 0;
  const text = part.text ?? '';
  for (const match of text.matchAll(DATA_URI)) {
    say(text.slice(from, match.index));
    if (match[1] !== undefined) show(match[1]);
    from = match.index + match[0].length;
  }
  say(text.slice(from));
  const data = (part.inlineData ?? part.inline_data)?.data;
  if (data !== undefined) show(data);
  return events;
}
