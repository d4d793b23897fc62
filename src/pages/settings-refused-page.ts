import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { EMBED } from '../discord-http/discord-limits.ts';
import { COLOURS, paragraphs } from '../reply/render/render-parts.ts';
import type { Texts } from '../texts/english.ts';
import { shorten } from '../texts/markdown.ts';
import type { Page } from './pages.ts';
import type { SettingName } from './settings-page.ts';

const FENCE = '```';
/** With the block it stays below `EMBED.total`. */
const REASON_CHARS = 1_500;
/** Told apart from nothing by no eye: it parts backticks that would end the block too early. */
const ZERO_WIDTH_SPACE = '\u200B';

/**
 * Says why a form was not taken. Discord opens no form in answer to a form, so what the person
 * wrote waits in this message, for the button that opens the form again.
 */
export function settingsRefusedPage(
  name: SettingName,
  reason: string,
  written: string,
  texts: Texts,
): Page {
  const { refused } = texts.settings;
  const block = written.trim() === '' ? null : fenced(written);
  const isTooLong = block !== null && block.length > EMBED.description;
  const kept = isTooLong ? null : block;
  const about = kept === null ? (isTooLong ? refused.notKept : null) : refused.kept;
  return {
    embeds: [
      {
        color: COLOURS.failed,
        title: refused.title,
        description: paragraphs(shorten(reason, REASON_CHARS), about),
      },
      ...(kept === null ? [] : [{ color: COLOURS.failed, description: kept }]),
    ],
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Primary,
            label: refused.retry,
            custom_id: `settings-form:${name}:retry`,
          },
        ],
      },
    ],
  };
}

/** What the person wrote, read back from such a page; null when it holds nothing. */
export function readWritten(descriptions: readonly (string | null | undefined)[]): string | null {
  const block = descriptions[1];
  if (!block?.startsWith(`${FENCE}\n`) || !block.endsWith(`\n${FENCE}`)) return null;
  return block.slice(FENCE.length + 1, -FENCE.length - 1).replaceAll(ZERO_WIDTH_SPACE, '');
}

function fenced(text: string): string {
  // Two in a row end nothing; parting each pair keeps the block as short as it can be.
  return `${FENCE}\n${text.replaceAll('``', `\`${ZERO_WIDTH_SPACE}\``)}\n${FENCE}`;
}
