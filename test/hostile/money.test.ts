import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  buttonsOf,
  type Sandbox,
  type SandboxOptions,
  sendCommand,
  startSandbox,
  watchReply,
} from '@darkroom/sandbox';
import type { InteractionHandle } from '@darkroom/sandbox/discord';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answerer, startModelServer } from '../gemini/support/model-server.ts';

/** What a member or a provider can do to what is counted and paid for, against the whole bot. */
const PRICES = {
  ALLOWED_MODELS: 'flash',
  FLASH_PRICE_INPUT: '0.5',
  FLASH_PRICE_TEXT: '3',
  FLASH_PRICE_IMAGE: '60',
};

let folder: string;
let sandbox: Sandbox;
let closeModel = async () => {};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-money-'));
});
afterEach(async () => {
  await sandbox.close();
  await closeModel();
  closeModel = async () => {};
  await rm(folder, { recursive: true, force: true });
});

async function start(env: Record<string, string>, options: SandboxOptions = {}): Promise<void> {
  const dataDir = join(folder, 'data');
  sandbox = await startSandbox({ dataDir, ...options, env: { ...PRICES, ...env } });
  sandbox.discord.controls.set({ rateLimits: false });
}

/** A model of the test's own, which may say anything. */
async function startWithModel(answer: Answerer, env: Record<string, string> = {}): Promise<void> {
  const model = await startModelServer(answer);
  closeModel = model.close;
  await start({ ANYFAST_BASE_URL: model.baseUrl.href, ...env });
}

function ask(line: string, userId = sandbox.discord.world.people.member.id) {
  const channelId = sandbox.discord.world.places.studioGeneral.id;
  return sendCommand(sandbox.discord, { userId, channelId, label: '' }, line, {});
}

const settled = (handle: InteractionHandle) =>
  watchReply(sandbox.discord, handle, { timeoutMs: 25_000 });

/** A private page, once it is more than "thinking…". */
async function page(line: string): Promise<string> {
  const handle = await ask(line);
  const isLoading = () => (Number(handle.response()?.flags) & 128) === 128;
  await handle.when(() => (handle.response() !== null && !isLoading()) || null);
  return JSON.stringify(handle.response());
}

async function press(handle: InteractionHandle, label: string, userId: string): Promise<void> {
  const message = await handle.when(() => {
    const shown = handle.response();
    return shown !== null && buttonsOf(shown).some((one) => one.label === label) ? shown : null;
  });
  await sandbox.discord.interact({
    kind: 'button',
    messageId: message?.id ?? '',
    channelId: sandbox.discord.world.places.studioGeneral.id,
    customId:
      (message === null ? [] : buttonsOf(message)).find((one) => one.label === label)?.customId ??
      '',
    userId,
  });
}

const askedModel = () =>
  new Promise<unknown>((resolve) => sandbox.gemini.events.once('started', resolve));

describe('a cancel', () => {
  it('does not give back what the model was asked for: six requests, a limit of one', async () => {
    await start({ USER_DAILY_PICTURES: '1' }, { gemini: { pace: 30 } });
    const { member, otherMember } = sandbox.discord.world.people;
    const asked = askedModel();
    const first = await ask('/imagine prompt:"a pier"');
    await asked;
    await press(first, 'Cancel', member.id);
    const { kind, states } = await settled(first);
    expect(kind).toBe('cancelled');
    expect(states.at(-1)).toMatch(/still counts toward your limit/);
    for (let request = 2; request <= 6; request++) {
      expect((await settled(await ask('/imagine prompt:"a pier"'))).kind).toBe('limit');
    }
    expect(sandbox.gemini.requests).toHaveLength(1);

    // Who deletes the message instead pays as much.
    const again = askedModel();
    const deleted = await ask('/imagine prompt:"a harbour"', otherMember.id);
    await again;
    const shown = await deleted.when(() => deleted.response());
    sandbox.discord.remove(sandbox.discord.world.people.owner.id, shown?.id ?? '');
    await expect
      .poll(() => sandbox.bot?.output() ?? '', { timeout: 20_000 })
      .toMatch(/"kind":"cancelled".*"msg":"ended"[\s\S]*"kind":"cancelled".*"msg":"ended"/);
    const next = await settled(await ask('/imagine prompt:"a harbour"', otherMember.id));
    expect(next.kind).toBe('limit');
  });
});

const picture = (
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#2b8a3e' } })
    .png()
    .toBuffer()
).toString('base64');

const line = (json: string) => `data: ${json}\n\n`;
/** A whole answer with a usage as it stands in the text: JSON.stringify knows no 2^53 + 1. */
const paints = (usage: string) =>
  line(
    `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"${picture}"}}]},"finishReason":"STOP"}],"usageMetadata":${usage}}`,
  );
const thinks = line(
  '{"candidates":[{"content":{"parts":[{"text":"**Looking**","thought":true}]}}]}',
);
const usageOf = (image: number, thoughts: number) =>
  `{"promptTokenCount":8,"candidatesTokenCount":${image},"thoughtsTokenCount":${thoughts},"totalTokenCount":${8 + image + thoughts}}`;

const OUTRAGEOUS = [
  '{"promptTokenCount":8,"candidatesTokenCount":9007199254740993,"totalTokenCount":9007199254740993}',
  '{"promptTokenCount":8,"candidatesTokenCount":1120,"totalTokenCount":1128,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":-1120}]}',
  '{"promptTokenCount":-5,"candidatesTokenCount":-1120,"totalTokenCount":-1125}',
  '{"promptTokenCount":1e29,"candidatesTokenCount":1e29,"totalTokenCount":1e29}',
  '{"promptTokenCount":1e999,"candidatesTokenCount":1.5,"totalTokenCount":-1e999}',
  '{"promptTokenCount":"8","candidatesTokenCount":true,"totalTokenCount":{"value":3}}',
  '{"promptTokenCount":9223372036854775807,"thoughtsTokenCount":18446744073709551616,"totalTokenCount":1128}',
  '{"candidatesTokenCount":900000,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":900000},{"modality":"IMAGE","tokenCount":900000}]}',
];

describe('a provider that counts outrageously', () => {
  it('has its pictures delivered, closes no budget, and stops no later start', async () => {
    let asked = 0;
    const limits = { DAILY_COST_LIMIT: '5', USER_CONCURRENT: '20', OPS_PORT: '0' };
    await startWithModel((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(paints(OUTRAGEOUS[asked++ % OUTRAGEOUS.length] ?? '{}'));
    }, limits);
    for (const _ of OUTRAGEOUS) {
      expect(await settled(await ask('/imagine prompt:"an owl"'))).toMatchObject({ ok: true });
    }
    const address = /"address":"([\d.:]+)"/.exec(sandbox.bot?.output() ?? '')?.[1];
    const metrics = await (await fetch(`http://${address}/metrics`)).text();
    const counted = metrics.match(/^darkroom_(tokens|cost)\S* (.+)$/gm) ?? [];
    expect(counted.length).toBeGreaterThan(0);
    for (const row of counted) expect(Number(row.split(' ').at(-1))).toBeGreaterThanOrEqual(0);

    await sandbox.restartBot();
    expect(await settled(await ask('/imagine prompt:"an owl"'))).toMatchObject({ ok: true });
    expect(await page('/usage')).toContain('$');
    expect(await page('/history')).toContain('an owl');
  });
});

describe('the tokens of a picture', () => {
  it('are those of all its requests, also over a restart', async () => {
    let asked = 0;
    const inTheMiddle = Promise.withResolvers<void>();
    await startWithModel((response) => {
      asked += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked === 1) {
        const usage = `{"usageMetadata":${usageOf(0, 100)}}`;
        response.write(thinks + line(usage), () => setTimeout(() => response.destroy(), 50));
      } else if (asked === 2) {
        response.write(thinks, () => inTheMiddle.resolve());
      } else {
        response.end(thinks + paints(usageOf(1_120, 200)));
      }
    });
    const handle = await ask('/imagine prompt:"two owls"');
    await inTheMiddle.promise;
    await sandbox.restartBot('SIGKILL');
    const { ok, footer } = await settled(handle);
    expect(ok).toBe(true);
    expect(footer).toContain('16 prompt, 1,120 image, 300 thinking, 1,436 total');
    expect(asked).toBe(3);
  });
});

describe('records that cannot be read', () => {
  // The process is started three times.
  it('are told, put aside, and stop neither the start nor anybody’s commands', {
    timeout: 90_000,
  }, async () => {
    let hangs = false;
    const working: (() => void)[] = [];
    await startWithModel(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        if (!hangs) return response.end(thinks + paints(usageOf(1_120, 200)));
        response.write(thinks);
        return working.pop()?.();
      },
      { OPS_PORT: '0', USER_CONCURRENT: '20', MAX_CONCURRENT: '10' },
    );
    await settled(await ask('/imagine prompt:"done well"'));
    hangs = true;
    const handles: InteractionHandle[] = [];
    for (const name of ['references', 'target', 'model', 'fine']) {
      const seen = new Promise<void>((resolve) => working.push(resolve));
      handles.push(await ask(`/imagine prompt:"${name}"`));
      await seen;
    }
    await sandbox.stopBot('SIGKILL');
    const database = new DatabaseSync(join(folder, 'data', 'darkroom.sqlite'));
    database.exec(`
      update generations set total_tokens = 9007199254740993, cost_micros = -5,
        image = '{"broken', failure_details = 'x', attachment = '[]' where prompt = 'done well';
      update generations set reference_files = '[{' where prompt = 'references';
      update generations set model = 'no such model', attempts = 'three' where prompt = 'model';
      update replies set target = '{"interactionToken"' where id in
        (select reply_id from generations where prompt = 'target');
      update user_totals set total_tokens = 9223372036854775807, cost_micros = 'a';
      update guild_totals set pictures = 9007199254740993;
      update counters set cost_micros = 9223372036854775807;
      insert into deferrals values ('token', 'not json', 5);
      insert into selections values ('id', 'user', '{', 5);
      insert into guild_settings values ('${sandbox.discord.world.places.studio.id}', 'models', '[');
    `);
    database.close();
    hangs = false;
    await sandbox.startBot();

    const [references, , model, fine] = await Promise.all(
      handles.map((handle, index) => (index === 1 ? null : settled(handle))),
    );
    expect(fine?.ok).toBe(true);
    expect([references?.kind, model?.kind]).toEqual(['internal', 'internal']);
    expect((await settled(await ask('/imagine prompt:"afterwards"'))).ok).toBe(true);
    expect(await page('/history')).toContain('done well');
    await page('/usage');
    const output = sandbox.bot?.output() ?? '';
    expect(output).toContain('records that cannot be read were set aside');
    const address = /"address":"([\d.:]+)"/.exec(output)?.[1];
    expect(await (await fetch(`http://${address}/readyz`)).text()).toContain('set aside');
    await sandbox.restartBot();
    expect(sandbox.bot?.output()).not.toContain('were set aside');
  });
});
