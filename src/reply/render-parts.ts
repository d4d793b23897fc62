import type { APIEmbed } from 'discord-api-types/v10';
import type { Subject } from '../generation/live-reply.ts';
import type { Row } from './buttons.ts';
import { escapeWords } from './markdown.ts';
import type { EditBody } from './rest.ts';
import type { Texts } from './texts.ts';

/** The embed's edge: safelight amber while working, silver when done, dim red when failed. */
export const COLOURS = { working: 0xf08c00, done: 0xced4da, failed: 0xc92a2a } as const;

const PROMPT_CHARS = 400;

/** The person's words, and what they were said about where it was another picture. */
export function quotedPrompt({ request, origin }: Subject, texts: Texts): string {
  const quoted = `> ${escapeWords(request.prompt, PROMPT_CHARS)}`;
  return origin === null ? quoted : `${quoted}\n-# ${texts.origin(origin.url)}`;
}

/** Discord shows it as "5 seconds ago" and lets it tick by itself, without an edit. */
export function relativeTime(epochMs: number): string {
  return `<t:${Math.floor(epochMs / 1_000)}:R>`;
}

/** The parts that are there, a blank line between them. */
export function paragraphs(...parts: (string | null | undefined)[]): string {
  return parts.filter((part) => part).join('\n\n');
}

/** Discord counts in decimal megabytes where people read them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** One embed, no files of earlier states, and never a ping, whoever is named in it. */
export function message(embed: APIEmbed, components: Row[] = []): EditBody {
  return {
    content: '',
    embeds: [embed],
    components,
    attachments: [],
    allowed_mentions: { parse: [] },
  };
}
