import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure, type ReplyTarget } from '../../src/domain.ts';
import type { LiveReply } from '../../src/generation/live-reply.ts';
import { createLiveReplies } from '../../src/reply/live-reply.ts';
import { createReplyRest } from '../../src/reply/rest.ts';
import { sampleDone, sampleTarget, sampleWorking, silentLog } from '../support/samples.ts';
import { bucket, startWebhookServer } from '../support/webhook-server.ts';

let discord: Awaited<ReturnType<typeof startWebhookServer>>;
let folder: string;
let target: ReplyTarget;
let reply: LiveReply;

beforeEach(async () => {
  discord = await startWebhookServer();
  folder = await mkdtemp(join(tmpdir(), 'darkroom-'));
  target = sampleTarget();
  const rest = createReplyRest({ apiUrl: discord.apiUrl });
  reply = createLiveReplies({ rest, log: silentLog })(target);
});
afterEach(async () => {
  await discord.close();
  await rm(folder, { recursive: true });
});

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
    reply.fail({ id: 'x', request: null, failure: new Failure('cancelled', '') });
    (await discord.next()).respond(200);
    expect(target.messageId).toBe('900000000000000777');
  });

  it('keeps only the newest state, and sends the end right after the edit in flight', async () => {
    reply.show(thought('one'));
    const first = await discord.next();
    for (let step = 2; step <= 50; step++) reply.show(thought(`step ${step}`));
    const { content, image } = await samplePicture(300_000);
    const delivered = reply.deliver(sampleDone(image));
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
    const delivered = reply.deliver(sampleDone(image));
    const limited = { message: 'You are being rate limited.', retry_after: 0.3, global: false };
    (await discord.next()).respond(429, limited, { 'retry-after': '0.3', ...bucket(0, 0.3) });
    const again = await discord.next();
    expect(again.files[0]?.bytes.equals(content)).toBe(true);
    again.respond(200);
    await delivered;
  });

  it.each([
    ['a 500', (edit: Awaited<ReturnType<typeof discord.next>>) => edit.respond(500, 'oops')],
    ['a broken connection', (edit: Awaited<ReturnType<typeof discord.next>>) => edit.hangUp()],
  ])('tries the end again after %s', async (_, fault) => {
    const failed = reply.fail({ id: 'x', request: null, failure: new Failure('busy', '') });
    fault(await discord.next());
    (await discord.next()).respond(200);
    await failed;
  });

  it('stops quietly when its message was deleted', async () => {
    reply.show(thought('one'));
    const first = await discord.next();
    first.respond(404, { message: 'Unknown Message', code: 10_008 });
    await new Promise((resolve) => reply.gone.addEventListener('abort', resolve));
    await reply.fail({ id: 'x', request: null, failure: new Failure('cancelled', '') });
    expect(discord.waiting).toHaveLength(0);
  });

  it('lets a lost progress edit go and still ends well', async () => {
    reply.show(thought('one'));
    const first = await discord.next();
    const failed = reply.fail({ id: 'x', request: null, failure: new Failure('cut', '') });
    first.respond(500, 'oops');
    const last = await discord.next();
    expect(last.json.embeds[0].footer.text).toBe('cut · ref x');
    last.respond(200);
    await failed;
  });

  it.each([
    ['JSON', 413, { message: 'Request entity too large', code: 40_005 }],
    ['HTML', 413, '<html>413</html>'],
  ])('says that an upload is too large when a 413 comes as %s', async (_, status, body) => {
    const { image } = await samplePicture(1_000);
    const delivered = reply.deliver(sampleDone(image));
    (await discord.next()).respond(status, body);
    await expect(delivered).rejects.toMatchObject({ kind: 'too_large', status: 413 });
  });

  it('throws errors that hold neither the token nor the picture', async () => {
    const { image } = await samplePicture(1_000);
    const delivered = reply.deliver(sampleDone(image));
    (await discord.next()).respond(401, { message: 'Invalid Webhook Token', code: 50_027 });
    const error = await delivered.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'expired', status: 401 });
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(everything).not.toContain(target.interactionToken);
    expect(everything).not.toContain('darkroomdarkroom');
  });
});
