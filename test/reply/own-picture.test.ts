import { describe, expect, it } from 'vitest';
import { ReplyError, type ReplyErrorKind } from '../../src/discord-http/errors.ts';
import { findOwnPicture, type OwnPictureDeps, renewOwnUrl } from '../../src/reply/own-picture.ts';
import { silentLog } from '../support/samples.ts';

const URL_NOW = 'https://cdn.discordapp.com/attachments/1/2/darkroom-made.png?ex=1';
const own = {
  ...{ kind: 'picture' as const, generationId: 'made', url: null },
  ...{ name: 'a.png', contentType: null, bytes: 1 },
};
const refused = (kind: ReplyErrorKind) =>
  new ReplyError(kind, { message: kind, method: 'GET', route: '/messages' });

/** Our picture in an open message, which Discord shows, or not, in this order. */
function answering(...answers: (ReplyError | 'shown' | 'without it')[]): OwnPictureDeps {
  const reply = { channelId: '1', messageId: '2', ephemeral: false };
  const store = {
    generations: { get: async () => ({ id: 'made', replyId: 'reply' }) },
    replies: { get: async () => reply },
  };
  const readInChannel = async () => {
    const answer = answers.shift();
    if (answer instanceof ReplyError) throw answer;
    const attachments = answer === 'shown' ? [{ url: URL_NOW }] : [];
    return { message: { attachments } };
  };
  return { store, rest: { readInChannel } } as unknown as OwnPictureDeps;
}

describe('one of our own pictures', () => {
  it.each([
    ['shown by its message', 'shown', { url: URL_NOW, isDeleted: false }],
    ['no longer in its message', 'without it', { url: null, isDeleted: true }],
    ['gone with its message', refused('gone'), { url: null, isDeleted: true }],
    ['out of the bot’s sight', refused('rejected'), { url: null, isDeleted: false }],
  ] as const)('is known to be %s', async (_, answer, found) => {
    expect(await findOwnPicture(own, answering(answer))).toEqual(found);
  });

  it.each(['busy', 'rate_limited'] as const)(
    'is nothing that a fault which passes (%s) tells of',
    async (kind) => {
      await expect(findOwnPicture(own, answering(refused(kind)))).rejects.toMatchObject({ kind });
    },
  );

  it('gets its new address when Discord was busy at first', async () => {
    const url = await renewOwnUrl(own, answering(refused('busy'), 'shown'), silentLog);
    expect(url).toBe(URL_NOW);
  });

  it('keeps its old address where Discord gives no new one in time', async () => {
    const tooLate = new ReplyError('rate_limited', {
      ...{ message: 'wait', method: 'GET', route: '/messages', retryAfterMs: 30_000 },
    });
    expect(await renewOwnUrl(own, answering(tooLate), silentLog)).toBeNull();
  });
});
