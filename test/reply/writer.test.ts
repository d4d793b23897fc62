import { expect, it } from 'vitest';
import { ReplyError } from '../../src/discord-http/errors.ts';
import type { Upload } from '../../src/discord-http/multipart.ts';
import type { EditBody, ReplyRest } from '../../src/discord-http/rest.ts';
import { ReplyWriter } from '../../src/reply/writer.ts';
import { sampleTarget } from '../support/samples.ts';

it('names no file of a lost message in the one that is posted in its place', async () => {
  const posted: EditBody[] = [];
  const rest = {
    editInChannel: async () => {
      throw new ReplyError('gone', { message: '', method: 'PATCH', route: '/channels' });
    },
    postInChannel: async (_place: unknown, body: EditBody) => {
      posted.push(body);
      return { message: null, remaining: null, resetAfterMs: null };
    },
  } as Partial<ReplyRest> as ReplyRest;
  const appPermissions = String((1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n));
  const messageId = '900000000000000001';
  const target = sampleTarget({ appPermissions, messageId, tokenExpiresAt: 0 });
  const writer = new ReplyWriter(target, { rest, now: () => 1 });
  const upload: Upload = { name: 'b.png', mime: 'image/png', bytes: new Uint8Array([1]) };
  const body: EditBody = {
    embeds: [
      { description: 'two', image: { url: 'attachment://a.png' } },
      { image: { url: 'attachment://b.png' } },
      { url: 'https://discord.com', image: { url: 'attachment://c.png' } },
    ],
    attachments: [{ id: '900000000000000555' }, { id: '0', filename: 'b.png' }],
  };
  await writer.writeFinal(body, [upload], { nonce: 'x' });
  expect(posted).toEqual([
    {
      embeds: [{ description: 'two' }, { image: { url: 'attachment://b.png' } }],
      attachments: [{ id: '0', filename: 'b.png' }],
    },
  ]);
});
