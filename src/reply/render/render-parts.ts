import type { APIEmbed } from 'discord-api-types/v10';
import { MESSAGE } from '../../discord-http/discord-limits.ts';
import type { EditBody } from '../../discord-http/rest.ts';
import type { OriginLink, Subject } from '../../generation/live-reply.ts';
import type { Texts } from '../../texts/english.ts';
import { escapeWords, joined, shorten } from '../../texts/markdown.ts';
import type { Row } from './buttons.ts';

/** The embed's edge: safelight amber while working, silver when done, dim red when failed. */
export const COLOURS = { working: 0xf08c00, done: 0xced4da, failed: 0xc92a2a } as const;

const PROMPT_CHARS = 400;

/** The person's words, and what picture they go on from. */
export function quotedPrompt(subject: Subject, texts: Texts): string {
  const { request } = subject;
  // A picture may be enlarged longer than its words are kept.
  const quoted = request.prompt === '' ? '' : `> ${escapeWords(request.prompt, PROMPT_CHARS)}`;
  const from = lineage(subject, texts);
  const blocked = subject.wasBlocked ? `-# ${texts.blocked}` : '';
  return joined('\n', quoted, from && `-# ${from}`, blocked);
}

function lineage({ request, origin }: Subject, texts: Texts): string {
  const earlier = origin && texts.earlier(messageUrl(origin.message), origin.number);
  const from = origin && earlier && texts.origin[origin.kind](earlier, request.size);
  // Asked for again, an enlarged picture is enlarged again.
  const isUnsaid = origin?.kind !== 'enlarge' && request.intent === 'enlarge';
  return joined(' · ', isUnsaid && texts.enlarged(request.size), from);
}

/** The address of a reply's message; null where others than its own person could not open it. */
export function messageUrl(message: OriginLink['message']): string | null {
  const { guildId, channelId, messageId, ephemeral } = message;
  if (ephemeral || channelId === null || messageId === null) return null;
  return `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`;
}

/** What those read who cannot see a picture: the words that it was made by. */
export function altText({ request, wasBlocked }: Subject, texts: Texts): string {
  const { prompt, size } = request;
  return shorten(prompt || (wasBlocked ? texts.altBlocked : texts.enlarged(size)), MESSAGE.altText);
}

/** No files of earlier states, and never a ping, whoever is named in it. */
export function message(embeds: APIEmbed[], components: Row[]): EditBody {
  return { content: '', embeds, components, attachments: [], allowed_mentions: { parse: [] } };
}
