import { EMBED } from '../discord-http/discord-limits.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { StoredReply } from '../store/store.ts';
import type { Texts } from '../texts/english.ts';
import { escapeText, withoutTricks } from '../texts/markdown.ts';
import type { Page } from './pages.ts';

/** More than this is easier to read as a file. */
const INLINE_CHARS = 3_500;

/**
 * What the model thought, in the message when short, as a file when long: as it wrote it, but
 * without links, mentions and whatever else could do more than be read.
 */
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
  const text = withoutTricks(kept.join('\n\n'));
  // Escaping looks back from each mark: only a short text is worth it.
  const description = text.length <= INLINE_CHARS ? escapeText(text) : null;
  if (description !== null && description.length <= EMBED.description) {
    return { embeds: [{ ...embed, description }] };
  }
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
