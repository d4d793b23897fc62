import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/domain.ts';
import { detailsPage } from '../../src/pages/details-page.ts';
import type { StoredGeneration, StoredReply } from '../../src/store/store.ts';
import { english } from '../../src/texts/english.ts';
import { sampleRequest } from '../support/samples.ts';

const from = { replyId: 'before', generationId: 'before' };

/** A reply of one picture, as the store has it. */
function step(
  command: string,
  request: Partial<GenerationRequest>,
  change: Partial<StoredReply> = {},
  position = 0,
): { generation: StoredGeneration; reply: StoredReply } {
  const generation = {
    id: 'abc123def456',
    position,
    model: 'pro',
    size: '2K',
    request: sampleRequest(request),
    createdAt: 1_800_000_000_000,
    image: null,
    usage: null,
    costMicros: null,
  } as StoredGeneration;
  const place = { guildId: '1', channelId: '2', messageId: '3', ephemeral: false };
  const reply = { command, origin: null, ...place, ...change, generations: [generation] };
  return { generation, reply: reply as StoredReply };
}

function linesOf(reply: StoredReply, lineage: Parameters<typeof detailsPage>[1]) {
  const embed = detailsPage(reply, lineage, english).embeds.at(-1);
  return embed?.title === 'What it came of' ? embed.description?.split('\n') : undefined;
}

describe('the details of a picture', () => {
  it('tell step by step how it came of those before it', () => {
    const { reply } = step('again', {}, { origin: from });
    const enlarged = step('enlarge', { intent: 'enlarge', prompt: 'add cows' }, { origin: from });
    const edited = step('edit', { prompt: 'add cows' }, { origin: from }, 2);
    const first = step('imagine', { prompt: 'a meadow' });
    const link = '<t:1800000000:R> · [open](https://discord.com/channels/1/2/3)';
    expect(linesOf(reply, [enlarged, edited, first])).toEqual([
      `1. Again of add cows · *Enlarged to 2K* · ${link}`,
      `2. Enlarged from picture 3 · add cows · ${link}`,
      `3. Edit of a meadow · ${link}`,
    ]);
  });

  it('say what came, and what was asked for where that is something else', () => {
    const { generation, reply } = step('imagine', {});
    const image = { path: '/p', bytes: 1, mime: 'image/png', width: 1_024, height: 1_024 };
    const size = (change: Partial<StoredGeneration>) =>
      detailsPage(
        { ...reply, generations: [{ ...generation, ...change }] },
        [],
        english,
      ).embeds[0]?.fields?.find(({ name }) => name === 'Size')?.value;
    expect(size({ image })).toBe('1:1 · 1K (1024×1024) · asked for 16:9 2K');
    expect(size({ image, request: null })).toBe('1:1 · 1K (1024×1024) · asked for 2K');
    expect(size({ image: null })).toBe('16:9 · 2K');
  });

  it('do not say how what this person cannot see was made', () => {
    const { reply } = step('edit', {}, { origin: from });
    const first = step('imagine', { prompt: 'a meadow' });
    expect(linesOf(reply, [null, first])).toEqual([
      '1. Edit of *a picture from elsewhere*',
      expect.stringMatching(/^2\. a meadow/),
    ]);
  });

  it('say that a picture is missing where its person was forgotten', () => {
    const { reply } = step('edit', {}, { origin: from });
    expect(linesOf(reply, [])).toEqual(['1. Edit of *one that is no longer kept*']);
    expect(linesOf(step('imagine', {}).reply, [])).toBeUndefined();
  });
});
