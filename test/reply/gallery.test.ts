import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReplyRest } from '../../src/discord-http/rest.ts';
import { Failure, type ImageFile, type ReplyTarget } from '../../src/domain.ts';
import type { LiveReply, ReplySlot } from '../../src/generation/live-reply.ts';
import { createReplies } from '../../src/reply/replies.ts';
import {
  sampleDone,
  sampleSubject,
  sampleTarget,
  sampleWorking,
  silentLog,
} from '../support/samples.ts';
import { heldTimers } from '../support/timers.ts';
import { startWebhookServer } from '../support/webhook-server.ts';

const NOW = 1_800_000_000_000;
/** Its token is dead, and the bot may write in its channel. */
const BY_CHANNEL = {
  tokenExpiresAt: NOW,
  messageId: '900000000000000001',
  appPermissions: String((1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n)),
};
const FORBIDDEN = { code: 50_001, message: 'Missing Access' };

const never = new AbortController().signal;
let discord: Awaited<ReturnType<typeof startWebhookServer>>;
let timers: ReturnType<typeof heldTimers>;
let folder: string;
let image: ImageFile;

beforeEach(async () => {
  discord = await startWebhookServer();
  timers = heldTimers(NOW);
  folder = await mkdtemp(join(tmpdir(), 'darkroom-gallery-'));
  image = { path: join(folder, 'a.png'), bytes: 8, mime: 'image/png', width: 32, height: 32 };
  await writeFile(image.path, 'darkroom');
});
afterEach(async () => {
  await discord.close();
  await rm(folder, { recursive: true });
});

function open(change: Partial<ReplyTarget>, ends: Record<string, ReplySlot['end']>) {
  const target = sampleTarget({ tokenExpiresAt: NOW + 900_000, ...change });
  const lives = createReplies({
    rest: createReplyRest({ apiUrl: discord.apiUrl, botToken: 'bot-token' }),
    fitter: { fit: async (picture) => ({ image: picture, reencoded: null }) },
    spool: { remove: async () => {} },
    log: silentLog,
    now: timers.now,
    timers,
  })(
    target,
    Object.entries(ends).map(([id, end]) => ({ subject: sampleSubject({ id }), end })),
    () => {},
  );
  return (id: string) => lives.get(id) as LiveReply;
}

const working = (id: string, change = {}) => sampleWorking({ id, ...change });
const done = (id: string) => sampleDone(image, { id });
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
