import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Sandbox, sendCommand, startSandbox, watchReply } from '@darkroom/sandbox';
import type { InteractionHandle } from '@darkroom/sandbox/discord';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-answers-'));
  sandbox = await startSandbox({
    dataDir: join(folder, 'data'),
    env: { BLOCKED_WORDS: 'swamp' },
  });
});
afterEach(() => sandbox.discord.controls.reset());
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function send(line: string): Promise<InteractionHandle> {
  const { people, places } = sandbox.discord.world;
  const actor = { userId: people.member.id, channelId: places.studioGeneral.id, label: '' };
  return await sendCommand(sandbox.discord, actor, line, {});
}

async function run(line: string) {
  const asked = sandbox.gemini.requests.length;
  const handle = await send(line);
  const reply = await watchReply(sandbox.discord, handle, { timeoutMs: 25_000 });
  return { handle, reply, timesAsked: sandbox.gemini.requests.length - asked };
}

/** Sends a command and waits until its reply shows that the model is at work. */
async function startAndWatch(line: string): Promise<InteractionHandle> {
  const handle = await send(line);
  await handle.when(() => (handle.response()?.embeds.length ? true : null));
  return handle;
}

/** What AutoMod refused of a reply. */
function blockedBodies(handle: InteractionHandle): string[] {
  return sandbox.discord.requests
    .filter(({ interactionId, status }) => interactionId === handle.id && status === 400)
    .map(({ body }) => JSON.stringify(body));
}

describe('an upload that a proxy answers', () => {
  it.each([
    ['a page before it was read', 200, 'before-body', '<html>Sign in</html>'],
    ['a page after it was read', 200, 'after-body', '<html>Sign in</html>'],
    ['a page in place of the message', 200, 'after-effect', '<html>Sign in</html>'],
    ['other JSON', 200, 'after-body', { status: 'ok' }],
    ['no content', 204, 'after-body', ''],
  ] as const)('with %s is sent again, and paid for once', async (_, status, when, body) => {
    const { places } = sandbox.discord.world;
    const before = sandbox.discord.messages(places.studioGeneral.id).length;
    sandbox.discord.controls.injectFault({
      match: { route: '@original', upload: true },
      effect: { kind: 'answer', status, when, body },
    });
    const { handle, reply, timesAsked } = await run('/imagine prompt:"a weir"');
    expect(reply).toMatchObject({ ok: true, files: [{ content_type: 'image/png' }] });
    expect(timesAsked).toBe(1);
    expect(sandbox.discord.messages(places.studioGeneral.id)).toHaveLength(before + 1);
    expect(sandbox.discord.filesOf(handle.response()?.id ?? '')).toHaveLength(1);
  });
});

describe('words that AutoMod blocks', () => {
  it('in the prompt end the run before it is paid for, with a notice that does not hold them', async () => {
    sandbox.discord.controls.set({ blockedWords: ['mushroom'] });
    const { reply, timesAsked } = await run('/imagine prompt:"a mushroom cloud"');
    expect(timesAsked).toBe(0);
    expect(reply.kind).toBe('limit');
    const [embed] = reply.message?.embeds ?? [];
    expect(embed?.title).toBe('Blocked by AutoMod');
    expect(embed?.description).toContain('`/history`');
    expect(JSON.stringify(reply.message)).not.toContain('mushroom');
  });

  it('after the model was asked do not keep the images from their person', async () => {
    const handle = await startAndWatch('/imagine prompt:"a harbour [[slow:2]]" count:2');
    sandbox.discord.controls.set({ blockedWords: ['harbour'] });
    const reply = await watchReply(sandbox.discord, handle, { timeoutMs: 25_000 });
    expect(reply).toMatchObject({ ok: true });
    const message = await handle.when(() => {
      const response = handle.response();
      return response?.embeds.length === 2 && response.embeds[0]?.footer ? response : null;
    });
    expect(JSON.stringify(message)).not.toContain('harbour');
    const files = sandbox.discord.filesOf(message.id);
    expect(files).toHaveLength(2);
    expect(files.map(({ description }) => description).join()).not.toContain('harbour');
    expect(blockedBodies(handle)).toHaveLength(1);
  });

  it('leave a failure told, once, in words of our own', async () => {
    const handle = await startAndWatch('/imagine prompt:"a fjord [[slow:2]] [[refuse-image]]"');
    sandbox.discord.controls.set({ blockedWords: ['fjord'] });
    const reply = await watchReply(sandbox.discord, handle, { timeoutMs: 25_000 });
    expect(reply.kind).toBe('refused_image');
    expect(reply.message?.embeds[0]?.description).toContain('`/history`');
    expect(JSON.stringify(reply.message)).not.toContain('fjord');
    const bodies = blockedBodies(handle);
    expect(new Set(bodies).size).toBe(bodies.length);
  });
});

describe('a refusal', () => {
  it.each(['before-body', 'after-effect'] as const)(
    'arrives in private though the line breaks under both of its answers (%s)',
    async (when) => {
      for (const match of [
        { method: 'DELETE', route: '@original' },
        { method: 'POST', route: '/webhooks/' },
      ]) {
        sandbox.discord.controls.injectFault({ match, effect: { kind: 'drop', when } });
      }
      const { handle, reply } = await run('/imagine prompt:"a swamp"');
      expect(reply.kind).toBe('limit');
      expect(handle.response()).toBeNull();
      const [reason] = handle.followups();
      expect(Number(reason?.flags) & 64).toBe(64);
    },
  );
});

describe('an image that is whole while the database cannot be written', () => {
  it('is made known and comes once the database can be, without a restart, paid for once', async () => {
    const { discord, gemini } = sandbox;
    const asked = gemini.requests.length;
    const handle = await startAndWatch('/imagine prompt:"a quay [[slow:2]]"');
    await expect.poll(() => gemini.requests.length).toBe(asked + 1);
    const store = new DatabaseSync(join(folder, 'data', 'darkroom.sqlite'));
    try {
      // Another process, such as a backup tool, holds the lock for longer than anybody waits.
      store.exec('begin immediate');
      const isKept = () => handle.response()?.embeds[0]?.description?.includes('made and kept');
      await handle.when(() => isKept() || null, { signal: AbortSignal.timeout(25_000) });
      expect(handle.response()?.embeds[0]?.description).toContain('a quay');
      // Nothing is offered that would pay for it once more.
      expect(JSON.stringify(handle.response()?.components)).not.toContain('again:');
    } finally {
      store.exec('rollback');
      store.close();
    }
    const reply = await watchReply(discord, handle, { timeoutMs: 25_000 });
    expect(reply).toMatchObject({ ok: true });
    expect(gemini.requests.length - asked).toBe(1);
  }, 60_000);
});
