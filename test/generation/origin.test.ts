import { describe, expect, it } from 'vitest';
import type { RequestCommand } from '../../src/domain.ts';
import { findOriginLink } from '../../src/generation/origin.ts';
import { messageUrl } from '../../src/reply/render/render-parts.ts';
import type { StoredReply } from '../../src/store/store.ts';

const gallery = {
  guildId: '1',
  channelId: '2',
  messageId: '3',
  ephemeral: false,
  generations: [{ id: 'one' }, { id: 'two' }, { id: 'three' }],
} as StoredReply;

function link(command: RequestCommand, generationId: string, count: number, reply = gallery) {
  const origin = { replyId: 'reply', generationId };
  const generations = Array.from({ length: count });
  return findOriginLink({ command, origin, generations }, { get: async () => reply });
}

describe('what a reply came of', () => {
  it('is one picture of several, by its number', async () => {
    expect(await link('edit', 'two', 1)).toEqual({
      kind: 'edit',
      message: { guildId: '1', channelId: '2', messageId: '3', ephemeral: false },
      number: 2,
    });
    expect(await link('again', 'three', 1)).toMatchObject({ kind: 'again', number: 3 });
  });

  it('is the whole message where all of it is asked for again, or it has one picture', async () => {
    expect(await link('again', 'one', 3)).toMatchObject({ number: null });
    const single = { ...gallery, generations: gallery.generations.slice(0, 1) };
    expect(await link('enlarge', 'one', 1, single)).toMatchObject({
      kind: 'enlarge',
      number: null,
    });
  });

  it('is not linked to where nobody else could open it', async () => {
    const found = await link('again', 'one', 1, { ...gallery, ephemeral: true });
    expect(found && messageUrl(found.message)).toBeNull();
    const shown = await link('again', 'one', 1, { ...gallery, guildId: null });
    expect(shown && messageUrl(shown.message)).toBe('https://discord.com/channels/@me/2/3');
  });
});
