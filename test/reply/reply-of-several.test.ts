import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure, type ReplyTarget } from '../../src/domain.ts';
import type { ReplySlot } from '../../src/generation/live-reply.ts';
import { sampleDone, sampleSubject, sampleWorking } from '../support/samples.ts';
import { NOW, OPEN_CHANNEL, type ReplyHarness, startReplyHarness } from './reply-harness.ts';

/** Its token is dead, and the bot may write in its channel. */
const BY_CHANNEL = {
  tokenExpiresAt: NOW,
  messageId: '900000000000000001',
  ...OPEN_CHANNEL,
};
const FORBIDDEN = { code: 50_001, message: 'Missing Access' };

const never = new AbortController().signal;
let harness: ReplyHarness;
let discord: ReplyHarness['discord'];
let timers: ReplyHarness['timers'];

beforeEach(async () => {
  harness = await startReplyHarness();
  ({ discord, timers } = harness);
});
afterEach(() => harness.close());

const open = (target: Partial<ReplyTarget>, slots: Record<string, ReplySlot['end']>) =>
  harness.open({ target, slots }).live;

const working = (id: string, change = {}) => sampleWorking({ id, ...change });
const done = (id: string) => sampleDone(harness.image, { id });
const failed = (id: string) => {
  const subject = sampleSubject({ id });
  return { id, subject, failure: new Failure('busy', '') };
};
/** What Discord answers when it has a picture. */
const taken = (messageId: string, id: string) => ({
  id: messageId,
  attachments: [{ url: `https://cdn/attachments/1/55${messageId}/darkroom-${id}.png` }],
});

describe('a gallery that can be written no more', () => {
  it('is not edited again and again', async () => {
    const live = open(BY_CHANNEL, { a: null, b: null });
    live('b').show(working('b', { runningSince: NOW, usualMs: 60_000 }));
    await timers.pass(5_000);
    (await discord.next()).respond(403, FORBIDDEN);
    const delivered = live('a').deliver(done('a'), never);
    (await discord.next()).respond(403, FORBIDDEN);
    expect(await delivered).toEqual({ to: 'unreachable' });
    live('b').show(working('b'));
    expect(timers.waiting).toBe(0);
    expect(discord.waiting).toHaveLength(0);
  });

  it('says where a picture is that it missed, when it can be written again', async () => {
    const live = open(BY_CHANNEL, { a: null, b: null });
    const missed = live('a').deliver(done('a'), never);
    (await discord.next()).respond(403, FORBIDDEN);
    expect(await missed).toEqual({ to: 'unreachable' });
    const delivered = live('b').deliver(done('b'), never);
    const edit = await discord.next();
    expect(edit.json.embeds[0].description).toMatch(/could not be shown here.*`\/history`/);
    expect(JSON.stringify(edit.json.components)).not.toContain(':a"');
    edit.respond(200);
    await delivered;
  });
});

it('a gallery does not show the late draft of a picture that has ended', async () => {
  const live = open({}, { a: null, b: null });
  const told = live('a').fail(failed('a'));
  (await discord.next()).respond(200);
  await told;
  live('a').show(working('a', { draft: new Uint8Array([1]) }));
  live('b').show(working('b'));
  await timers.pass(5_000);
  const edit = await discord.next();
  expect(edit.files).toEqual([]);
  expect(edit.json.embeds[0]).not.toHaveProperty('thumbnail');
  edit.respond(200);
});

it('a gallery that was posted anew names no file of the message that was lost', async () => {
  const attachment = { id: '554', name: 'darkroom-a.png', mime: 'image/png', bytes: 8 };
  const live = open(BY_CHANNEL, { a: { done: done('a'), attachment }, b: null, c: null });
  const first = live('b').deliver(done('b'), never);
  (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
  const post = await discord.next();
  expect(post.method).toBe('POST');
  post.respond(200, taken('2', 'b'));
  expect(await first).toMatchObject({ to: 'message', attachment: { id: '552' } });

  const second = live('c').deliver(done('c'), never);
  const edit = await discord.next();
  expect(edit.path).toMatch(/\/messages\/2$/);
  expect(edit.json.attachments.map(({ id }: { id: string }) => id)).toEqual(['552', '0']);
  expect(JSON.stringify(edit.json.embeds)).not.toContain('darkroom-a.png');
  edit.respond(200, taken('2', 'c'));
  await second;
});

it('a gallery keeps its pictures though an edit is answered with a message of others', async () => {
  const attachment = { id: '554', name: 'darkroom-a.png', mime: 'image/png', bytes: 8 };
  const live = open(
    { messageId: BY_CHANNEL.messageId },
    { a: { done: done('a'), attachment }, b: null, c: null },
  );
  live('b').show(working('b'));
  await timers.pass(10_000);
  (await discord.next()).respond(200, { id: '900000000000000009' });
  const second = live('c').deliver(done('c'), never);
  const edit = await discord.next();
  expect(edit.json.attachments.map(({ id }: { id: string }) => id)).toEqual(['554', '0']);
  edit.respond(200, taken('900000000000000001', 'c'));
  await second;
});

describe('a gallery that an earlier process posted anew', () => {
  const attachment = (id: string, messageId?: string) => {
    return {
      ...{ id: `55${id}`, name: `darkroom-${id}.png`, mime: 'image/png', bytes: 8 },
      ...(messageId && { messageId }),
    };
  };
  const ends = (messageOfA?: string) => ({
    a: { done: done('a'), attachment: attachment('a', messageOfA) },
    b: { done: done('b'), attachment: attachment('b', BY_CHANNEL.messageId) },
    c: null,
  });
  const editOf = async (messageOfA?: string) => {
    const delivered = open(BY_CHANNEL, ends(messageOfA))('c').deliver(done('c'), never);
    const edit = await discord.next();
    edit.respond(200, taken(BY_CHANNEL.messageId, 'c'));
    expect(await delivered).toMatchObject({ attachment: { messageId: BY_CHANNEL.messageId } });
    return edit.json;
  };

  it('names no picture that the message before held', async () => {
    const { attachments, embeds } = await editOf('900000000000000000');
    expect(attachments.map(({ id }: { id: string }) => id)).toEqual(['55b', '0']);
    expect(JSON.stringify(embeds)).not.toContain('darkroom-a.png');
  });

  it('keeps those of which an earlier version did not write down the message', async () => {
    const { attachments, embeds } = await editOf();
    expect(attachments.map(({ id }: { id: string }) => id)).toEqual(['55a', '55b', '0']);
    expect(JSON.stringify(embeds)).toContain('darkroom-a.png');
  });
});
