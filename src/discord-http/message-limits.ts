import type { APIEmbed } from 'discord-api-types/v10';
import { shorten } from '../texts/markdown.ts';
import { EMBED, MESSAGE } from './discord-limits.ts';

/** The parts of a message whose length depends on what people, models and operators wrote. */
interface Bounded {
  content?: string | null | undefined;
  embeds?: APIEmbed[] | null | undefined;
  attachments?: { description?: string | null | undefined }[] | null | undefined;
}

/**
 * Shortens whatever passes a limit of Discord's: it would refuse the whole message for one field.
 * Pages keep their lists and quotes short themselves; this is for what they did not foresee.
 */
export function withinLimits<Body extends Bounded>(body: Body): Body {
  const { content, embeds, attachments } = body;
  return {
    ...body,
    ...(content && { content: shorten(content, MESSAGE.content) }),
    ...(embeds && { embeds: embedsWithin(embeds) }),
    ...(attachments && { attachments: attachments.map(attachmentWithin) }),
  };
}

/** The same for embeds alone. */
export function embedsWithin(embeds: readonly APIEmbed[]): APIEmbed[] {
  const few = embeds.slice(0, EMBED.count);
  const lengths: number[] = [];
  for (const embed of few) {
    mapTexts(embed, (text, max) => {
      lengths.push(Math.min(text.length, max));
      return text;
    });
  }
  const cap = evenCap(lengths, EMBED.total);
  return few.map((embed) => mapTexts(embed, (text, max) => shorten(text, Math.min(max, cap))));
}

/** An embed with each of its texts changed, told what Discord takes there. */
function mapTexts(embed: APIEmbed, change: (text: string, max: number) => string): APIEmbed {
  const { title, description, fields, footer } = embed;
  return {
    ...embed,
    ...(title && { title: change(title, EMBED.title) }),
    ...(description && { description: change(description, EMBED.description) }),
    ...(fields && {
      fields: fields.slice(0, EMBED.fields).map((field) => ({
        ...field,
        name: change(field.name, EMBED.fieldName),
        value: change(field.value, EMBED.fieldValue),
      })),
    }),
    ...(footer && { footer: { ...footer, text: change(footer.text, EMBED.footer) } }),
  };
}

/** The most characters that every text may have so that all of them have `total` at most. */
function evenCap(lengths: readonly number[], total: number): number {
  const fits = (cap: number) =>
    lengths.reduce((sum, length) => sum + Math.min(length, cap), 0) <= total;
  let [low, high] = [1, EMBED.description];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function attachmentWithin<File extends { description?: string | null | undefined }>(
  file: File,
): File {
  const { description } = file;
  return description ? { ...file, description: shorten(description, MESSAGE.altText) } : file;
}
