import type { StoredReply } from '../store/store.ts';
import type { Page } from './pages.ts';
import { COLOURS } from './render-parts.ts';
import type { Texts } from './texts.ts';

/** More than this is easier to read as a file. An embed's description may have 4096. */
const INLINE_CHARS = 3_500;

/** What the model thought, as it wrote it: in the message when short, as a file when long. */
export function thinkingPage(
  transcripts: readonly (string | null)[],
  reply: StoredReply,
  texts: Texts,
): Page {
  const kept = transcripts.flatMap((text, index) => {
    if (text === null || text.trim() === '') return [];
    const heading = transcripts.length > 1 ? `# ${texts.thinking.picture(index + 1)}\n\n` : '';
    return [`${heading}${text.trim()}`];
  });
  const embed = { color: COLOURS.done, title: texts.thinking.title };
  if (kept.length === 0) {
    const why = reply.erasedAt === null ? texts.thinking.none : texts.thinking.erased;
    return { embeds: [{ ...embed, description: why }] };
  }
  const text = kept.join('\n\n');
  if (text.length <= INLINE_CHARS) return { embeds: [{ ...embed, description: text }] };
  return {
    embeds: [{ ...embed, description: texts.thinking.asFile }],
    files: [
      {
        name: 'thinking.md',
        mime: 'text/markdown',
        bytes: new TextEncoder().encode(text),
        alt: texts.thinking.title,
      },
    ],
  };
}
