import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Sandbox, sendCommand, startSandbox, watchReply } from '@darkroom/sandbox';
import type { InteractionHandle, RestRecord } from '@darkroom/sandbox/discord';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const MIB = 1_048_576;
const SIXTEEN_MINUTES_MS = 16 * 60_000;

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-delivery-'));
  sandbox = await startSandbox({ dataDir: join(folder, 'data') });
});
afterEach(() => sandbox.discord.controls.reset());
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Gives a command as a member of the studio. */
async function send(line: string): Promise<InteractionHandle> {
  const { people, places } = sandbox.discord.world;
  const actor = { userId: people.member.id, channelId: places.studioGeneral.id, label: '' };
  return await sendCommand(sandbox.discord, actor, line, {});
}

/** Gives it, and waits for the end of its reply. */
async function run(line: string) {
  const handle = await send(line);
  const reply = await watchReply(sandbox.discord, handle, { timeoutMs: 25_000 });
  return { handle, reply };
}

const recordsOf = ({ id }: InteractionHandle) =>
  sandbox.discord.requests.filter(({ interactionId }) => interactionId === id);
const hasFiles = ({ body }: RestRecord) =>
  ((body as { attachments?: unknown[] } | null)?.attachments?.length ?? 0) > 0;
/** How the last requests of a reply were answered; a record is complete only some time after. */
const lastStatuses = (handle: InteractionHandle) => () =>
  recordsOf(handle)
    .slice(-2)
    .map(({ status }) => status);

/** Sends a command and waits until its reply shows that the model is at work. */
async function startAndWatch(line: string) {
  const handle = await send(line);
  const message = await handle.when(() => {
    const response = handle.response();
    return response !== null && response.embeds.length > 0 ? response : null;
  });
  return { handle, message };
}

/** The newest generation, as the store has it. */
function newest(): { id: string; state: string } {
  const store = new DatabaseSync(join(folder, 'data', 'darkroom.sqlite'), { readOnly: true });
  try {
    const query = 'select id, state from generations order by created_at desc, id desc limit 1';
    const row = store.prepare(query).get();
    return { id: String(row?.['id']), state: String(row?.['state']) };
  } finally {
    store.close();
  }
}

const newestState = () => newest().state;

const inChannel = (method: string, since: number) =>
  sandbox.discord.requests.filter(
    (record) =>
      record.at >= since && record.method === method && record.route?.startsWith('/channels/'),
  );

describe('a picture and the upload limit', () => {
  it.each([
    { limit: 8, words: 'size:2K', bytes: '40MB', format: 'image/jpeg' },
    { limit: 10, words: 'size:1K', bytes: '12MB', format: 'image/jpeg' },
    { limit: 20, words: 'size:1K', bytes: '19MB', format: 'image/png' },
  ])('under $limit MiB: $bytes arrive as $format', async ({ limit, words, bytes, format }) => {
    sandbox.discord.controls.set({ attachmentSizeLimit: limit * MIB });
    const { reply } = await run(`/imagine prompt:"dunes [[grain]] [[bytes:${bytes}]]" ${words}`);
    expect(reply.ok).toBe(true);
    const [file, ...more] = reply.files;
    expect(more).toEqual([]);
    expect(file?.content_type).toBe(format);
    expect(file?.size).toBeLessThanOrEqual(limit * MIB);
    const side = words === 'size:2K' ? 2_048 : 1_024;
    expect(file).toMatchObject({ width: side, height: side });
    const isEncoded = format === 'image/jpeg';
    expect(/sent as JPEG \d\d, [\d.]+ MB/.test(reply.footer ?? '')).toBe(isEncoded);
  });

  it('is made smaller when Discord had promised too much, though it only says 413 in HTML', async () => {
    sandbox.discord.controls.set({
      attachmentSizeLimit: 8 * MIB,
      announcedAttachmentSizeLimit: 20 * MIB,
      html413: true,
    });
    const { handle, reply } = await run('/imagine prompt:"a dune [[bytes:12MB]]"');
    await expect.poll(lastStatuses(handle)).toEqual([413, 200]);
    expect(reply.ok).toBe(true);
    expect(reply.footer).toContain('made as PNG 12.0 MB');
  });
});

describe('a picture and what Discord does meanwhile', () => {
  it('waits out a rate limit at the end, with nothing stale in between', async () => {
    const effect = { kind: 'rate-limit', retryAfterMs: 400 } as const;
    sandbox.discord.controls.injectFault({ match: { route: '@original', upload: true }, effect });
    const { handle, reply } = await run('/imagine prompt:"a heath"');
    expect(reply.ok).toBe(true);
    await expect.poll(lastStatuses(handle)).toEqual([429, 200]);
    expect(recordsOf(handle).slice(0, -2).some(hasFiles)).toBe(false);
  });

  it.each([
    ['a connection cut in mid-upload', { kind: 'drop', when: 'mid-upload', afterBytes: 500_000 }],
    ['a 500 after the upload', { kind: 'answer', status: 500, when: 'after-body' }],
    ['an answer lost after the effect', { kind: 'drop', when: 'after-effect' }],
  ] as const)('arrives once after %s', async (_, effect) => {
    const { places } = sandbox.discord.world;
    const before = sandbox.discord.messages(places.studioGeneral.id).length;
    sandbox.discord.controls.injectFault({ match: { upload: true }, effect });
    const { reply } = await run('/imagine prompt:"a mill [[bytes:2MB]]"');
    expect(reply.ok).toBe(true);
    expect(reply.files).toHaveLength(1);
    expect(sandbox.discord.messages(places.studioGeneral.id)).toHaveLength(before + 1);
  });

  it('stops quietly when its message is deleted in mid-stream', async () => {
    const finished = new Promise<string>((resolve) => {
      sandbox.gemini.events.once('finished', ({ outcome }) => resolve(outcome));
    });
    const { handle, message } = await startAndWatch('/imagine prompt:"a pond [[slow:20]]"');
    sandbox.discord.remove(sandbox.discord.world.people.moderator.id, message.id);
    expect(await finished).toBe('client-gone');
    await expect.poll(newestState).toBe('cancelled');
    const statuses = recordsOf(handle).map(({ status }) => status);
    expect(statuses.indexOf(404)).toBe(statuses.length - 1);
  });
});

describe('a picture whose token expires before it is made', () => {
  it('comes into the same message, through the channel', async () => {
    const since = Date.now();
    const { handle, message } = await startAndWatch('/imagine prompt:"a lake [[slow:2]]"');
    sandbox.discord.controls.ageTokens(SIXTEEN_MINUTES_MS, handle.id);
    await expect.poll(newestState, { timeout: 10_000 }).toBe('delivered');
    expect(sandbox.discord.filesOf(message.id)).toHaveLength(1);
    expect(inChannel('PATCH', since).at(-1)).toMatchObject({ status: 200 });
    expect(inChannel('POST', since)).toEqual([]);
  });

  it('is posted anew, once, when that message is gone', async () => {
    const since = Date.now();
    const { discord } = sandbox;
    const { places, people } = discord.world;
    // Its answer is lost, so that it is asked for twice.
    const effect = { kind: 'drop', when: 'after-effect' } as const;
    discord.controls.injectFault({ match: { method: 'POST', route: '/channels/' }, effect });
    const { handle, message } = await startAndWatch('/imagine prompt:"a reed [[slow:2]]"');
    const before = discord.messages(places.studioGeneral.id).length;
    discord.controls.ageTokens(SIXTEEN_MINUTES_MS, handle.id);
    discord.remove(people.moderator.id, message.id);
    await expect.poll(newestState, { timeout: 10_000 }).toBe('delivered');
    const posts = inChannel('POST', since);
    expect(posts).toHaveLength(2);
    expect(posts[0]?.body).toMatchObject({ enforce_nonce: true });
    const messages = discord.messages(places.studioGeneral.id);
    expect(messages).toHaveLength(before);
    expect(discord.filesOf(messages.at(-1)?.id ?? '')).toHaveLength(1);
  });

  it('is kept for its person when the reply was private', async () => {
    const { handle } = await startAndWatch('/imagine prompt:"a secret [[slow:2]]" private:true');
    sandbox.discord.controls.ageTokens(SIXTEEN_MINUTES_MS, handle.id);
    await expect.poll(newestState, { timeout: 10_000 }).toBe('interrupted');
    const files = await readdir(join(folder, 'data', 'spool'));
    const kept = files.filter((name) => name.startsWith(newest().id));
    expect(kept).toEqual([expect.stringMatching(/\.image\.png$/)]);
  });
});
