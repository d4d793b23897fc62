import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure, type ReplyTarget } from '../../src/domain.ts';
import type { LiveReply } from '../../src/generation/live-reply.ts';
import { Fitter } from '../../src/images/fit/fitter.ts';
import { openPicture } from '../../src/images/process/encode.ts';
import { DiskSpool, type Spool } from '../../src/images/spool/spool.ts';
import { sampleDone, sampleWorking } from '../support/samples.ts';
import { bucket } from '../support/webhook-server.ts';
import { OPEN_CHANNEL, type ReplyHarness, startReplyHarness } from './reply-harness.ts';

let harness: ReplyHarness;
let discord: ReplyHarness['discord'];
let folder: string;
let target: ReplyTarget;
let reply: LiveReply;
let spool: Spool;
let noted: [messageId: string, isPrivate: boolean][];

const never = new AbortController().signal;

beforeEach(async () => {
  harness = await startReplyHarness();
  ({ discord, folder } = harness);
  await rm(harness.image.path);
  spool = new DiskSpool({ directory: folder, maxBytes: 1e9 });
  openReply();
});
afterEach(() => harness.close());

/** By the real clock, with the real fitter. */
function openReply(change: Partial<ReplyTarget> = {}) {
  const fitter = new Fitter({ spool, openPicture });
  const deps = { fitter, spool, now: Date.now, timers: globalThis };
  const opened = harness.open({ target: change, deps });
  ({ target, noted } = opened);
  reply = opened.live();
}

async function samplePicture(bytes: number) {
  const path = join(folder, 'picture.png');
  const content = Buffer.alloc(bytes, 'darkroom');
  await writeFile(path, content);
  return { content, image: { path, bytes, mime: 'image/png', width: 1_024, height: 1_024 } };
}

const thought = (words: string) => sampleWorking({ thought: { heading: null, words } });

describe('a live reply', () => {
  it('shows the first state at once and remembers its message', async () => {
    reply.show(thought('one'));
    const edit = await discord.next();
    expect(edit.method).toBe('PATCH');
    expect(edit.path).toBe(
      `/api/v10/webhooks/${target.applicationId}/${target.interactionToken}/messages/@original`,
    );
    expect(edit.headers.authorization).toBeUndefined();
    edit.respond(200, { id: '900000000000000777' }, bucket(4, 5));
    reply.fail({ id: 'x', subject: null, failure: new Failure('cancelled', '') });
    (await discord.next()).respond(200);
    expect(noted[0]?.[0]).toBe('900000000000000777');
    expect(target.messageId).toBeNull();
  });

  it('keeps only the newest state, and sends the end right after the edit in flight', async () => {
    reply.show(thought('one'));
    const first = await discord.next();
    for (let step = 2; step <= 50; step++) reply.show(thought(`step ${step}`));
    const { content, image } = await samplePicture(300_000);
    const delivered = reply.deliver(sampleDone(image), never);
    expect(discord.waiting).toHaveLength(0);
    first.respond(200, { id: '1' }, bucket(1, 60));
    const last = await discord.next();
    expect(last.files).toHaveLength(1);
    expect(last.files[0]).toMatchObject({ name: 'darkroom-abc123def456.png', type: 'image/png' });
    expect(last.files[0]?.bytes.equals(content)).toBe(true);
    expect(last.json.attachments[0].id).toBe('0');
    last.respond(200);
    await delivered;
    reply.show(thought('too late'));
    expect(discord.waiting).toHaveLength(0);
  });

  it('waits out a rate limit at the end and then sends the picture once more', async () => {
    const { content, image } = await samplePicture(50_000);
    const delivered = reply.deliver(sampleDone(image), never);
    const limited = { message: 'You are being rate limited.', retry_after: 0.3, global: false };
    (await discord.next()).respond(429, limited, { 'retry-after': '0.3', ...bucket(0, 0.3) });
    const again = await discord.next();
    expect(again.files[0]?.bytes.equals(content)).toBe(true);
    again.respond(200);
    await delivered;
  });

  const other = 'https://cdn.discordapp.com/attachments/1/2/another.png';
  it.each([
    ['a page', 200, '<html>'],
    ['no content', 204, ''],
    ['other JSON', 200, { ok: true }],
    ['a message without files', 200, { id: '900000000000000001' }],
    ['lists that are none', 200, { id: '9', attachments: {}, embeds: [null] }],
    ['a message with another file', 200, { id: '9', attachments: [{ url: other }] }],
    [
      'a message whose embed still waits for the file',
      200,
      { id: '9', embeds: [{ image: { url: 'attachment://darkroom-abc123def456.png' } }] },
    ],
  ])(
    'takes a picture for delivered only when Discord names it, not after %s',
    async (_, status, body) => {
      const { content, image } = await samplePicture(50_000);
      const delivered = reply.deliver(sampleDone(image), never);
      (await discord.next()).respond(status, body);
      const again = await discord.next();
      expect(again.files[0]?.bytes.equals(content)).toBe(true);
      again.respond(200);
      expect(await delivered).toMatchObject({
        to: 'message',
        attachment: { id: '900000000000000002' },
      });
      expect(await readdir(folder)).toEqual(['picture.png']);
    },
  );

  it('tries the end again when a page answers it', async () => {
    const failed = reply.fail({ id: 'x', subject: null, failure: new Failure('busy', '') });
    (await discord.next()).respond(200, '<html>');
    (await discord.next()).respond(200);
    await failed;
  });

  it('lets go of a picture that waits for its next try when its run is stopped', async () => {
    const { image } = await samplePicture(50_000);
    const stop = new AbortController();
    const delivered = reply.deliver(sampleDone(image), stop.signal);
    const limited = { message: 'You are being rate limited.', retry_after: 60, global: false };
    (await discord.next()).respond(429, limited, { 'retry-after': '60', ...bucket(0, 60) });
    setImmediate(() => stop.abort(new Failure('interrupted', 'the process stops')));
    await expect(delivered).rejects.toMatchObject({ kind: 'interrupted' });
    expect(discord.waiting).toHaveLength(0);
  });

  it.each([
    ['a 500', (edit: Awaited<ReturnType<typeof discord.next>>) => edit.respond(500, 'oops')],
    ['a broken connection', (edit: Awaited<ReturnType<typeof discord.next>>) => edit.hangUp()],
  ])('tries the end again after %s', async (_, fault) => {
    const failed = reply.fail({ id: 'x', subject: null, failure: new Failure('busy', '') });
    fault(await discord.next());
    (await discord.next()).respond(200);
    await failed;
  });

  it('stops quietly when its message was deleted', async () => {
    reply.show(thought('one'));
    const first = await discord.next();
    first.respond(404, { message: 'Unknown Message', code: 10_008 });
    await new Promise((resolve) => reply.deleted.addEventListener('abort', resolve));
    await reply.fail({ id: 'x', subject: null, failure: new Failure('cancelled', '') });
    expect(discord.waiting).toHaveLength(0);
  });

  it('shows again what Discord did not take, though nothing new came', async () => {
    reply.show(thought('a pale sky'));
    (await discord.next()).respond(503, 'oops');
    const again = await discord.next();
    expect(again.json.embeds[0].description).toContain('a pale sky');
    again.respond(400, { code: 50_035, message: 'Invalid Form Body' });
    // What it will never take is not repeated: the end is the next request.
    const failed = reply.fail({ id: 'x', subject: null, failure: new Failure('cancelled', '') });
    const end = await discord.next();
    expect(end.json.embeds[0].footer.text).toBe('cancelled · ref x');
    end.respond(200);
    await failed;
  });

  it('lets a lost progress edit go and still ends well', async () => {
    reply.show(thought('one'));
    const first = await discord.next();
    const failed = reply.fail({ id: 'x', subject: null, failure: new Failure('cut', '') });
    first.respond(500, 'oops');
    const last = await discord.next();
    expect(last.json.embeds[0].footer.text).toBe('cut · ref x');
    last.respond(200);
    await failed;
  });

  it.each([
    ['413 as JSON', 413, { message: 'Request entity too large', code: 40_005 }],
    ['413 as HTML', 413, '<html>413</html>'],
    ['400 with 50045', 400, { message: 'File uploaded exceeds the maximum size', code: 50_045 }],
  ])('makes the picture smaller after a %s, at most three times', async (_, status, body) => {
    const { data, info } = await sharp(randomBytes(900 * 900 * 3), {
      raw: { width: 900, height: 900, channels: 3 },
    })
      .png()
      .toBuffer({ resolveWithObject: true });
    const file = spool.open('noise');
    await file.write(data);
    const image = await file.finish();
    expect(info.size).toBeGreaterThan(2_200_000);
    const delivered = reply.deliver(sampleDone(image), never);
    const sizes: number[] = [];
    for (let refusals = 0; refusals < 3; refusals++) {
      const upload = await discord.next();
      sizes.push(upload.files[0]?.bytes.length ?? 0);
      upload.respond(status, body);
    }
    const last = await discord.next();
    sizes.push(last.files[0]?.bytes.length ?? 0);
    expect(last.json.embeds[0].footer.text).toMatch(/sent as JPEG \d\d.*made as PNG 2\.4 MB/);
    last.respond(200);
    await expect(delivered).resolves.toMatchObject({ to: 'message', fitted: true });
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(4);
    expect(await readdir(folder)).toEqual([expect.stringContaining('noise')]);
  });

  it('says that it does not fit when Discord takes no size at all, and keeps the picture', async () => {
    const { data } = await sharp(randomBytes(300 * 300 * 3), {
      raw: { width: 300, height: 300, channels: 3 },
    })
      .png()
      .toBuffer({ resolveWithObject: true });
    const file = spool.open('noise');
    await file.write(data);
    const image = await file.finish();
    const delivered = reply.deliver(sampleDone(image), never);
    const refused = expect(delivered).rejects.toMatchObject({
      kind: 'not_shown',
      details: { problem: 'cannot_fit' },
    });
    for (let refusals = 0; refusals < 4; refusals++) (await discord.next()).respond(413, '');
    await refused;
    expect(await readdir(folder)).toEqual([expect.stringContaining('noise')]);
  });

  it('knows what Discord made of the file, also when only the embed shows it', async () => {
    const { image } = await samplePicture(1_000);
    const delivered = reply.deliver(sampleDone(image), never);
    const url =
      'https://cdn.discordapp.com/ephemeral-attachments/1/900000000000000555/darkroom-abc123def456.png?ex=1';
    (await discord.next()).respond(200, { id: '1', attachments: [], embeds: [{ image: { url } }] });
    expect(await delivered).toEqual({
      to: 'message',
      attachment: {
        id: '900000000000000555',
        name: 'darkroom-abc123def456.png',
        mime: 'image/png',
        bytes: 1_000,
        messageId: '1',
      },
      fitted: false,
    });
  });

  it('keeps a picture that Discord refuses, and is told of it once', async () => {
    const { image } = await samplePicture(1_000);
    const delivered = reply.deliver(sampleDone(image), never);
    const refused = expect(delivered).rejects.toMatchObject({
      kind: 'not_shown',
      details: { problem: 'not_taken' },
    });
    const refusal = { message: 'Explicit content cannot be sent', code: 20_009 };
    (await discord.next()).respond(400, refusal);
    await refused;
    expect(await readdir(folder)).toEqual(['picture.png']);
    const failure = new Failure('not_shown', '', { details: { problem: 'not_taken' } });
    const failed = reply.fail({ id: 'x', subject: null, failure });
    (await discord.next()).respond(400, refusal);
    await failed;
    expect(discord.waiting).toHaveLength(0);
  });
});

describe('a reply whose token has died', () => {
  const dead = { message: 'Invalid Webhook Token', code: 50_027 };
  const open = OPEN_CHANNEL;

  it('is finished through its channel, with the bot’s own token', async () => {
    openReply({ ...open, messageId: '900000000000000001' });
    const { content, image } = await samplePicture(2_000);
    const delivered = reply.deliver(sampleDone(image), never);
    (await discord.next()).respond(401, dead);
    const edit = await discord.next();
    expect(edit).toMatchObject({
      method: 'PATCH',
      path: `/api/v10/channels/${target.channelId}/messages/900000000000000001`,
      headers: { authorization: 'Bot bot-token' },
    });
    expect(edit.files[0]?.bytes.equals(content)).toBe(true);
    edit.respond(200);
    expect(await delivered).toMatchObject({ to: 'message' });
  });

  it('is posted anew, once, when its message is gone as well', async () => {
    openReply({ ...open, messageId: '900000000000000001', tokenExpiresAt: 0 });
    const { image } = await samplePicture(2_000);
    const delivered = reply.deliver(sampleDone(image), never);
    (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
    (await discord.next()).hangUp();
    (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
    const post = await discord.next();
    expect(post).toMatchObject({
      method: 'POST',
      path: `/api/v10/channels/${target.channelId}/messages`,
      json: { nonce: 'abc123def456', enforce_nonce: true },
    });
    post.respond(200);
    expect(await delivered).toMatchObject({ to: 'message' });
  });

  it('is not taken for deleted when a progress edit finds no message', async () => {
    openReply({ ...open, messageId: '900000000000000001', tokenExpiresAt: 0 });
    reply.show(thought('one'));
    (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
    const { image } = await samplePicture(2_000);
    const delivered = reply.deliver(sampleDone(image), never);
    (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
    const post = await discord.next();
    expect(post.method).toBe('POST');
    post.respond(200);
    expect(await delivered).toMatchObject({ to: 'message' });
    expect(reply.deleted.aborted).toBe(false);
  });

  it.each([
    ['a private one', { ...open, ephemeral: true }],
    ['one in a channel that is closed to the bot', { appPermissions: '0' }],
    ['one of a person’s own installation', { ...open, installContext: 'user' as const }],
  ])('is out of reach when it is %s', async (_, change) => {
    openReply({ ...change, messageId: '900000000000000001', tokenExpiresAt: 0 });
    expect(reply.isReachable()).toBe(false);
    const { image } = await samplePicture(2_000);
    expect(await reply.deliver(sampleDone(image), never)).toEqual({ to: 'unreachable' });
    expect(discord.waiting).toHaveLength(0);
  });
});
