import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/domain.ts';
import type { BotEvent } from '../../src/events.ts';
import { createEventLog } from '../../src/ops/event-log.ts';
import { sampleRequest, sampleTarget } from '../support/samples.ts';
import {
  fails,
  openDataFolder,
  paints,
  type Script,
  spoolPicture,
  waits,
} from './service-harness.ts';

let dataFolder: Awaited<ReturnType<typeof openDataFolder>>;

beforeEach(async () => {
  dataFolder = await openDataFolder();
});
afterEach(() => dataFolder.close());

describe('a generation', () => {
  it('goes from the queue to the person, each step in the database', async () => {
    const { store, spool, service, replies, submit } = await dataFolder.startService({
      script: paints,
    });
    const [id = ''] = await submit();
    await service.drain(10_000);
    await service.settled();
    expect(replies[0]?.end).toMatch(/^picture of \d+ bytes$/);
    expect(replies[0]?.states).toContain('thinking');
    expect(await store.generations.get(id)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      usage: { totalTokens: 1_392 },
      costMicros: 8 * 0.5 + 264 * 3 + 1_120 * 60,
      attachment: { id: '1' },
    });
    expect(await store.generations.transcript(id)).toContain('**Looking**');
    expect(await store.replies.unsettled()).toEqual([]);
    expect(spool.usedBytes).toBe(0);
  });

  it('that fails is told, settled, and gives its share back when the model gave nothing', async () => {
    const { store, service, replies, submit } = await dataFolder.startService({
      script: fails('busy'),
      defaults: { userPicturesPerDay: 1 },
    });
    await submit();
    await service.drain(10_000);
    expect(replies[0]?.end).toBe('busy');
    const taken = await store.usage.quotaUse({ userId: sampleTarget().userId, guildId: null });
    expect(taken.user).toMatchObject({ pictures: 0, open: 0 });
  });

  it('whose words Discord blocks is never asked of the model, and not counted', async () => {
    const { store, service, replies, submit } = await dataFolder.startService({
      script: paints,
      blocked: true,
      defaults: { userPicturesPerDay: 1 },
    });
    const [id = ''] = await submit();
    await service.drain(10_000);
    expect(replies[0]).toMatchObject({ end: 'limit', problem: 'automod' });
    expect(await store.generations.get(id)).toMatchObject({ state: 'failed', attempts: 0 });
    const taken = await store.usage.quotaUse({ userId: sampleTarget().userId, guildId: null });
    expect(taken.user).toMatchObject({ pictures: 0, open: 0 });
  });

  it('whose words Discord blocks goes on once it was paid for', async () => {
    const script = waits();
    const first = await dataFolder.startService({ script });
    const [id = ''] = await first.submit();
    await script.started;
    await first.service.drain(0);
    const second = await dataFolder.startService({
      script: paints,
      blocked: true,
      now: () => Date.now() + 1_000,
    });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(await second.store.generations.get(id)).toMatchObject({ state: 'delivered' });
  });

  it('whose message is deleted is stopped and paid no further', async () => {
    const script = waits();
    const { store, service, replies, submit } = await dataFolder.startService({ script });
    const [id = ''] = await submit();
    await script.started;
    replies[0]?.delete();
    await service.drain(10_000);
    expect(await store.generations.get(id)).toMatchObject({ state: 'cancelled' });
  });

  it('that nothing can show is kept on disk, and said to be interrupted', async () => {
    const { store, spool, service, submit } = await dataFolder.startService({
      script: paints,
      deliver: () => ({ to: 'unreachable' }),
    });
    const [id = ''] = await submit();
    await service.drain(10_000);
    expect(await store.generations.get(id)).toMatchObject({ state: 'interrupted' });
    expect(await spool.find(id)).toHaveLength(1);
  });

  it('whose picture is in its message is told of no failure, whatever ails the database', async () => {
    const full = () => Promise.reject(new Error('database or disk is full'));
    const first = await dataFolder.startService({
      script: paints,
      generations: { conclude: full },
    });
    const [id = ''] = await first.submit();
    await first.service.drain(10_000);
    expect(first.replies[0]?.end).toMatch(/^picture/);
    const second = await dataFolder.startService({ script: paints });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(second.asked).toEqual([]);
    expect(second.replies[0]?.end).toMatch(/^picture/);
    expect(await second.store.generations.get(id)).toMatchObject({ state: 'delivered' });
    expect(await second.store.replies.unsettled()).toEqual([]);
  });

  it('is made known, kept and delivered as soon as the database takes it, and asked for once', async () => {
    let isFull = true;
    const { store, service, replies, asked, submit } = await dataFolder.startService({
      script: paints,
      generations: (generations) => ({
        recordImage: async (...args) => {
          if (isFull) throw new Error('database or disk is full');
          return await generations.recordImage(...args);
        },
      }),
    });
    const [id = ''] = await submit();
    await vi.waitFor(() => expect(replies[0]?.states.at(-1)).toBe('unsaved'));
    expect(replies[0]?.end).toBeNull();
    const { replyId } = (await store.generations.get(id)) ?? { replyId: '' };
    const again = submit({ command: 'again', origin: { replyId, generationId: id } });
    await expect(again).rejects.toMatchObject({ details: { problem: 'already_made' } });
    isFull = false;
    await vi.waitFor(() => expect(replies[0]?.end).toMatch(/^picture/), { timeout: 10_000 });
    await service.drain(10_000);
    expect(asked).toEqual([id]);
    expect(await store.generations.get(id)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      usage: { totalTokens: 1_392 },
    });
    expect(await store.generations.transcript(id)).toContain('**Looking**');
    expect(await store.replies.unsettled()).toEqual([]);
  });

  it('that the database did not take down is found by the next start', async () => {
    const full = () => Promise.reject(new Error('database or disk is full'));
    const first = await dataFolder.startService({
      script: paints,
      generations: { recordImage: full, conclude: full },
    });
    const [id = ''] = await first.submit();
    await vi.waitFor(() => expect(first.replies[0]?.states.at(-1)).toBe('unsaved'));
    await first.service.drain(10_000);
    const second = await dataFolder.startService({ script: paints, now: () => Date.now() + 1_000 });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(second.asked).toEqual([]);
    expect(await second.store.generations.get(id)).toMatchObject({ state: 'delivered' });
  });

  it('that is delivered is written down as soon as the database takes that', async () => {
    let failures = 1;
    const { store, submit, replies } = await dataFolder.startService({
      script: paints,
      generations: (generations) => ({
        conclude: async (...args) => {
          failures -= 1;
          if (failures >= 0) throw new Error('disk I/O error');
          return await generations.conclude(...args);
        },
      }),
    });
    const [id = ''] = await submit();
    await vi.waitFor(() => expect(replies[0]?.end).toMatch(/^picture/));
    const isSettled = async () => expect(await store.replies.unsettled()).toEqual([]);
    await vi.waitFor(isSettled, { timeout: 10_000 });
    expect(await store.generations.get(id)).toMatchObject({ state: 'delivered' });
    expect(await store.generations.transcript(id)).toContain('**Looking**');
  });

  it('that failed is written down as soon as the database takes that, and never asked for again', async () => {
    let failures = 1;
    const first = await dataFolder.startService({
      script: fails('refused_image'),
      generations: (generations) => ({
        conclude: async (...args) => {
          failures -= 1;
          if (failures >= 0) throw new Error('database is locked');
          return await generations.conclude(...args);
        },
      }),
    });
    const [id = ''] = await first.submit();
    await vi.waitFor(() => expect(first.replies[0]?.end).toBe('refused_image'));
    const isSettled = async () => expect(await first.store.replies.unsettled()).toEqual([]);
    await vi.waitFor(isSettled, { timeout: 10_000 });
    expect(await first.store.generations.get(id)).toMatchObject({ state: 'failed' });
  });

  it('that failed is written down before a stop, and never asked for again', async () => {
    let isFull = true;
    const first = await dataFolder.startService({
      script: fails('cut'),
      fail: async () => 'refused',
      generations: (generations) => ({
        conclude: async (...args) => {
          if (isFull) throw new Error('database or disk is full');
          return await generations.conclude(...args);
        },
      }),
    });
    const [id = ''] = await first.submit();
    await vi.waitFor(() => expect(first.replies[0]?.problem).toBeNull());
    await vi.waitFor(() => expect(first.service.running).toBe(0));
    isFull = false;
    await first.service.drain(10_000);
    const second = await dataFolder.startService({ script: paints });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(second.asked).toEqual([]);
    expect(second.replies[0]?.end).toBe('cut');
    expect(await second.store.generations.get(id)).toMatchObject({ state: 'failed' });
  });

  it('that is delivered and not written down yet keeps nobody from asking for another', async () => {
    const full = () => Promise.reject(new Error('database or disk is full'));
    const first = await dataFolder.startService({
      script: paints,
      deliver: () => ({ to: 'later' }),
    });
    const [id = ''] = await first.submit();
    await first.service.drain(10_000);
    const { store, service, replies, submit } = await dataFolder.startService({
      script: paints,
      generations: { conclude: full },
    });
    await service.recover();
    await vi.waitFor(() => expect(replies[0]?.end).toMatch(/^picture/));
    await vi.waitFor(() => expect(service.running).toBe(0));
    const { replyId } = (await store.generations.get(id)) ?? { replyId: '' };
    const again = submit({ command: 'again', origin: { replyId, generationId: id } });
    await expect(again).resolves.toHaveLength(1);
    await service.drain(10_000);
  });

  it.each([
    new Error('the picture process ended'),
    new Failure('bad_answer', 'not an image', { details: { problem: 'unreadable' } }),
    new Failure('timeout', 'nothing came', { details: { problem: 'idle' } }),
  ])(
    'whose picture is whole is kept for its person, whatever fails about sending it (%s)',
    async (fault) => {
      const { store, spool, service, replies, submit } = await dataFolder.startService({
        script: paints,
        deliver: () => {
          throw fault;
        },
      });
      const [id = ''] = await submit();
      await service.drain(10_000);
      expect(replies[0]).toMatchObject({ end: 'not_shown', problem: 'send_failed' });
      expect(await store.generations.get(id)).toMatchObject({ state: 'failed' });
      expect(await spool.findWhole(id)).not.toBeNull();
    },
  );

  it('is delivered though the database cannot count that', async () => {
    const full = () => Promise.reject(new Error('database or disk is full'));
    const { store, service, submit } = await dataFolder.startService({
      script: paints,
      generations: { countDelivery: full },
    });
    const [id = ''] = await submit();
    await service.drain(10_000);
    expect(await store.generations.get(id)).toMatchObject({ state: 'delivered' });
  });
});

const attachment = { id: '1', name: 'a.jpg', mime: 'image/jpeg', bytes: 1 };

describe('a picture that Discord has in a lesser version', () => {
  it.each([
    [true, 1],
    [false, 0],
  ])('is kept as it was made while there is room (%s)', async (mayKeepOriginals, files) => {
    const { spool, service, submit } = await dataFolder.startService({
      script: paints,
      mayKeepOriginals,
      deliver: () => ({ to: 'message', attachment, fitted: true }),
    });
    const [id = ''] = await submit();
    await service.drain(10_000);
    await service.settled();
    expect(await spool.find(id)).toHaveLength(files);
  });
});

describe('while Discord takes nothing', () => {
  it('a picture stays received, for the next start or a later try', async () => {
    const first = await dataFolder.startService({
      script: paints,
      deliver: () => ({ to: 'later' }),
    });
    const [id = ''] = await first.submit();
    await first.service.drain(10_000);
    expect(await first.store.generations.get(id)).toMatchObject({ state: 'received' });
    expect(first.replies[0]?.states.at(-1)).toBe('undelivered');
    const second = await dataFolder.startService({ script: paints });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(second.asked).toEqual([]);
    expect(await second.store.generations.get(id)).toMatchObject({ state: 'delivered' });
  });

  it('a picture waits through any number of starts, as none of them died of it', async () => {
    let id = '';
    for (let life = 1; life <= 4; life++) {
      const { service, submit } = await dataFolder.startService({
        script: paints,
        deliver: () => ({ to: 'later' }),
        now: () => Date.now() + life * 1_000,
      });
      if (life === 1) [id = ''] = await submit();
      else await service.recover();
      await service.drain(10_000);
    }
    const last = await dataFolder.startService({ script: paints, now: () => Date.now() + 10_000 });
    await last.service.recover();
    await last.service.drain(10_000);
    expect(last.asked).toEqual([]);
    expect(await last.store.generations.get(id)).toMatchObject({ state: 'delivered' });
  });

  it('a picture that waits for the next try can be cancelled at once', async () => {
    const { store, service, replies, submit } = await dataFolder.startService({
      script: paints,
      deliver: () => ({ to: 'later' }),
    });
    const [id = ''] = await submit();
    await vi.waitFor(() => expect(replies[0]?.states.at(-1)).toBe('undelivered'));
    await vi.waitFor(() => expect(service.running).toBe(0));
    expect(await service.cancel(id)).toBe(true);
    expect(replies[0]).toMatchObject({ end: 'cancelled', problem: 'counts' });
    expect(await store.generations.get(id)).toMatchObject({ state: 'cancelled' });
    expect(await store.replies.unsettled()).toEqual([]);
    expect(await service.cancel(id)).toBe(false);
  });

  it('an end that it refuses in any words is owed to the next start, and not said again before', async () => {
    let told = 0;
    const first = await dataFolder.startService({
      script: fails('busy'),
      fail: async () => {
        told += 1;
        return 'refused';
      },
    });
    await first.submit();
    await first.service.drain(10_000);
    expect(await first.store.replies.unsettled()).toHaveLength(1);
    expect(told).toBe(1);
    const second = await dataFolder.startService({ script: paints });
    await second.service.recover();
    expect(second.replies[0]?.end).toBe('busy');
    expect(await second.store.replies.unsettled()).toEqual([]);
  });

  it('an end that could not be told leaves its reply unsettled, and is told at the next start', async () => {
    const first = await dataFolder.startService({
      script: fails('busy'),
      fail: () => Promise.reject(new Error('503')),
    });
    await first.submit();
    await first.service.drain(10_000);
    expect(await first.store.replies.unsettled()).toHaveLength(1);
    const second = await dataFolder.startService({ script: paints });
    await second.service.recover();
    expect(second.replies[0]?.end).toBe('busy');
    expect(await second.store.replies.unsettled()).toEqual([]);
  });
});

describe('admission', () => {
  it('lets exactly a limit of requests pass, however many come at once', async () => {
    const script = waits();
    const { service, submit } = await dataFolder.startService({
      script,
      defaults: { userOpen: 3 },
    });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => submit()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      kind: 'limit',
      details: { refusal: { limit: 'user_open', value: 3, left: 0 } },
    });
    script.release();
    await service.drain(10_000);
  });

  it.each([
    ['model', { defaults: { models: ['pro' as const] } }, {}],
    ['size', { defaults: { largestSize: '1K' as const } }, {}],
    ['private', { defaults: { privateAllowed: false } }, { ephemeral: true }],
    ['blocked_words', { defaults: { blockedWords: ['fox'] } }, {}],
    ['guild', { allowedGuilds: ['111111111111111111'] }, {}],
    ['user_install', {}, { installContext: 'user' as const }],
    ['direct_messages', { directMessages: false }, { guildId: null }],
  ])('refuses what the rules do not allow (%s)', async (problem, rules, target) => {
    const { asked, submit } = await dataFolder.startService({ script: paints, ...rules });
    const submission = submit({
      target: sampleTarget(target),
      requests: [sampleRequest({ model: 'flash', size: '2K' })],
    });
    await expect(submission).rejects.toMatchObject({ kind: 'limit', details: { problem } });
    expect(asked).toEqual([]);
  });

  it.each([
    ['no_price', { bot: { picturesPerDay: null, costMicrosPerDay: 1e9 } }, {}],
    ['no_price', {}, { guildCostMicrosPerDay: 1e9 }],
    ['model', { defaults: { models: ['flash' as const] } }, {}],
    ['size', { defaults: { largestSize: '1K' as const } }, {}],
    ['private', { defaults: { privateAllowed: false } }, {}],
    ['blocked_words', { defaults: { blockedWords: ['fox'] } }, {}],
  ])('refuses what a server’s own settings cannot allow (%s)', async (problem, rules, own) => {
    const { store, asked, submit } = await dataFolder.startService({ script: paints, ...rules });
    const target = sampleTarget({ ephemeral: problem === 'private' });
    const wide = {
      models: ['flash' as const, 'pro' as const],
      largestSize: '4K' as const,
      privateAllowed: true,
      blockedWords: [],
      ...own,
    };
    await store.settings.change(target.guildId ?? '', wide, 'admin');
    // The service has prices for Flash only.
    const model = problem === 'no_price' || problem === 'model' ? 'pro' : 'flash';
    const submission = submit({ target, requests: [sampleRequest({ model, size: '2K' })] });
    await expect(submission).rejects.toMatchObject({ kind: 'limit', details: { problem } });
    expect(asked).toEqual([]);
  });

  it('holds everybody of a server to the operator’s cost limit, whoever is exempt', async () => {
    const script = waits();
    const { store, service, submit } = await dataFolder.startService({
      script,
      defaults: { guildCostMicrosPerDay: 150_000, models: ['flash'] },
    });
    const { guildId } = sampleTarget();
    const wide = { exemptRoles: ['77'], guildCostMicrosPerDay: null };
    await store.settings.change(guildId ?? '', wide, 'admin');
    await submit({ roleIds: ['77'] });
    await expect(submit({ roleIds: ['77'] })).rejects.toMatchObject({
      details: { refusal: { limit: 'guild_cost' } },
    });
    script.release();
    await service.drain(10_000);
  });

  it('looks at limits before words, and takes no share for words that are blocked', async () => {
    const rules = { blockedWords: ['fox', '/f[o0]x/'], userOpen: 1, userPicturesPerDay: 2 };
    const script = waits();
    const { service, submit } = await dataFolder.startService({ script, defaults: rules });
    const say = (prompt: string) =>
      submit({ requests: [sampleRequest({ model: 'flash', prompt })] });
    for (let times = 0; times < 3; times++) {
      await expect(say('a f0x')).rejects.toMatchObject({ details: { problem: 'blocked_words' } });
    }
    await say('a cat');
    await expect(say('a f0x')).rejects.toMatchObject({
      details: { refusal: { limit: 'user_open', left: 0 } },
    });
    script.release();
    await service.drain(10_000);
  });

  it('does not pass what could not be checked', async () => {
    const { submit } = await dataFolder.startService({
      script: paints,
      defaults: { blockedWords: ['fox'] },
    });
    const request = sampleRequest({ model: 'flash', prompt: '\uFDFA'.repeat(4_000) });
    await expect(submit({ requests: [request] })).rejects.toMatchObject({
      details: { problem: 'unreadable_words' },
    });
  });

  it('takes no prompt of which nothing is seen, whatever asks with it', async () => {
    const { asked, submit } = await dataFolder.startService({ script: paints });
    for (const command of ['imagine', 'edit', 'again'] as const) {
      const request = sampleRequest({ model: 'flash', prompt: '\u200B\u3164 \u{E0061}' });
      await expect(submit({ command, requests: [request] })).rejects.toMatchObject({
        details: { problem: 'no_words' },
      });
    }
    expect(asked).toEqual([]);
  });

  it('keeps of a prompt what is seen of it, and judges what was typed', async () => {
    const { service, store, submit } = await dataFolder.startService({
      script: paints,
      defaults: { blockedWords: ['gun'] },
    });
    const say = (prompt: string) =>
      submit({ requests: [sampleRequest({ model: 'flash', prompt })] });
    const [id = ''] = await say(' a cat\u{E0020}\u{E0067}\u2800on\u200B a mat ');
    expect((await store.generations.get(id))?.request?.prompt).toBe('a cat on a mat');
    await expect(say('a g\u2800un')).rejects.toMatchObject({
      details: { problem: 'blocked_words' },
    });
    await service.drain(10_000);
  });

  it('holds a server to its own settings, and the exempt to the bot’s limits only', async () => {
    const script = waits();
    const { store, service, submit } = await dataFolder.startService({
      script,
      bot: { picturesPerDay: 2, costMicrosPerDay: null },
    });
    const { guildId } = sampleTarget();
    await store.settings.change(guildId ?? '', { userOpen: 1, exemptRoles: ['77'] }, 'moderator');
    await submit();
    await expect(submit()).rejects.toMatchObject({ details: { refusal: { limit: 'user_open' } } });
    await submit({ roleIds: ['77'] });
    await expect(submit({ roleIds: ['77'] })).rejects.toMatchObject({
      details: { refusal: { limit: 'bot_pictures' } },
    });
    script.release();
    await service.drain(10_000);
  });
});

describe('cancelling', () => {
  it('ends what waits at once, and what runs by closing its stream', async () => {
    const script = waits();
    const { store, service, replies, asked, submit } = await dataFolder.startService({
      script,
      maxConcurrent: 1,
    });
    const [running = ''] = await submit();
    const [waiting = ''] = await submit();
    await script.started;
    expect(await service.cancel(waiting)).toBe(true);
    expect(await service.cancel(running)).toBe(true);
    await service.drain(10_000);
    expect(replies.map(({ end }) => end)).toEqual(['cancelled', 'cancelled']);
    expect(asked).toEqual([running]);
    expect(await service.cancel(running)).toBe(false);
    expect(await store.replies.unsettled()).toEqual([]);
  });
});

describe('a restart', () => {
  it('goes on with what waited and what ran, and says so in between', async () => {
    const script = waits();
    const first = await dataFolder.startService({ script, maxConcurrent: 1 });
    const [a = ''] = await first.submit();
    const [b = ''] = await first.submit();
    await script.started;
    await first.service.drain(0);
    expect(first.replies[0]?.states.at(-1)).toBe('paused');
    expect(first.replies[0]?.end).toBeNull();

    const second = await dataFolder.startService({ script: paints, now: () => Date.now() + 1_000 });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(second.asked.sort()).toEqual([a, b].sort());
    expect(await second.store.generations.get(a)).toMatchObject({
      state: 'delivered',
      attempts: 2,
    });
    expect(await second.store.replies.unsettled()).toEqual([]);
  });

  it('delivers a picture that was whole on disk, without asking for it again', async () => {
    const script = waits();
    const first = await dataFolder.startService({ script });
    const [id = ''] = await first.submit();
    await script.started;
    await first.service.drain(0);
    await spoolPicture(first.spool, id);

    const second = await dataFolder.startService({ script: paints, now: () => Date.now() + 1_000 });
    await second.service.recover();
    await second.service.drain(10_000);
    expect(second.asked).toEqual([]);
    expect(second.replies[0]?.end).toMatch(/^picture/);
    expect(await second.store.generations.get(id)).toMatchObject({ state: 'delivered' });
  });

  it('gives up on a generation after its third attempt, and says so', async () => {
    let id = '';
    for (let life = 1; life <= 3; life++) {
      const script = waits();
      const { service, submit } = await dataFolder.startService({
        script,
        now: () => Date.now() + life * 1_000,
      });
      if (life === 1) [id = ''] = await submit();
      else await service.recover();
      await script.started;
      await service.drain(0);
    }
    const last = await dataFolder.startService({ script: paints, now: () => Date.now() + 10_000 });
    await last.service.recover();
    await last.service.drain(10_000);
    expect(last.asked).toEqual([]);
    expect(last.replies[0]?.end).toBe('interrupted');
    expect(await last.store.generations.get(id)).toMatchObject({
      state: 'interrupted',
      attempts: 3,
    });
    expect(await last.store.replies.unsettled()).toEqual([]);
  });

  it('tells an end that was written down and never shown', async () => {
    const script = waits();
    const first = await dataFolder.startService({ script });
    const [id = ''] = await first.submit();
    await script.started;
    await first.service.drain(0);
    await first.store.generations.conclude(id, {
      state: 'failed',
      failure: { kind: 'refused_image', details: {} },
    });

    const second = await dataFolder.startService({ script: paints, now: () => Date.now() + 1_000 });
    await second.service.recover();
    expect(second.replies[0]?.before).toMatchObject({ failed: { id } });
    expect(second.replies[0]?.end).toBe('refused_image');
    expect(await second.store.replies.unsettled()).toEqual([]);
  });
});

/** Only a broken test waits so long. */
const LONG = { timeout: 25_000 };

describe('a thumbnail', () => {
  it('holds no place in the queue, and its file goes when it is made or given up', async () => {
    const released = Promise.withResolvers<void>();
    const { spool, service, submit, store, replies } = await dataFolder.startService({
      script: paints,
      maxConcurrent: 1,
      async makeThumbnail() {
        await released.promise;
        return new Uint8Array([1, 2, 3]);
      },
    });
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) ids.push(...(await submit()));
    // All of them go through the one place while no thumbnail comes to an end.
    await expect.poll(() => replies.filter(({ end }) => end !== null).length, LONG).toBe(3);
    await service.drain(10_000);
    expect(replies.map(({ end }) => end)).toEqual(
      ids.map(() => expect.stringMatching(/^picture of/)),
    );
    expect(spool.usedBytes).toBeGreaterThan(0);
    released.resolve();
    await service.settled();
    expect(spool.usedBytes).toBe(0);
    for (const id of ids) {
      expect(await store.generations.get(id)).toMatchObject({ state: 'delivered' });
    }
  });

  it('is left out where many wait, and no file stays behind', async () => {
    const released = Promise.withResolvers<void>();
    let asked = 0;
    const { spool, service, submit, replies } = await dataFolder.startService({
      script: paints,
      async makeThumbnail() {
        asked += 1;
        await released.promise;
        return new Uint8Array([1]);
      },
    });
    for (let count = 0; count < 20; count++) await submit();
    await expect.poll(() => replies.filter(({ end }) => end !== null).length, LONG).toBe(20);
    await service.drain(10_000);
    expect(asked).toBe(16);
    released.resolve();
    await service.settled();
    expect(spool.usedBytes).toBe(0);
  });

  it('of drafts is made one at a time, the newest of those that came meanwhile', async () => {
    const asked: string[] = [];
    const first = Promise.withResolvers<void>();
    const drafts: Script = async function* (id, options, spool) {
      yield { type: 'attempt', attempt: 1 };
      await options.beforeAttempt?.(1);
      for (let count = 0; count < 50; count++) {
        const image = { ...(await spoolPicture(spool, id)), path: `draft ${count}` };
        yield { type: 'draft', image };
      }
      first.resolve();
      const image = await spoolPicture(spool, id);
      yield { type: 'outcome', image, usage: null };
    };
    const { service, submit } = await dataFolder.startService({
      script: drafts,
      async makeThumbnail(path) {
        asked.push(path);
        await first.promise;
        return new Uint8Array([1]);
      },
    });
    await submit();
    await service.drain(10_000);
    await service.settled();
    expect(asked.slice(0, 2)).toEqual(['draft 0', 'draft 49']);
    expect(asked).toHaveLength(3);
  });
});

it('a limit of a day is an error in the log, as only the operator can raise it', async () => {
  const tell = async (script: Script) => {
    const levels: number[] = [];
    const write = (line: string) => {
      const { level, msg } = JSON.parse(line) as { level: number; msg: string };
      if (msg === 'ended') levels.push(level);
    };
    const { service, replies, submit } = await dataFolder.startService({
      script,
      report: createEventLog(pino({}, { write })),
    });
    await submit();
    await service.drain(10_000);
    expect(replies[0]?.end).toBe('busy');
    return levels;
  };
  expect(await tell(fails('busy', { problem: 'daily_limit' }))).toEqual([50]);
  expect(await tell(fails('busy'))).toEqual([30]);
});

it('each step and each end is reported once, whoever brings it about', async () => {
  const reported: BotEvent[] = [];
  const report = (event: BotEvent) => void reported.push(event);
  const scripts = [paints, fails('no_image'), waits()];
  const script: Script = (...args) => (scripts.shift() ?? paints)(...args);
  const { service, submit } = await dataFolder.startService({ script, report, maxConcurrent: 1 });
  for (let count = 0; count < 3; count++) await submit();
  const [waiting = ''] = await submit();
  await service.cancel(waiting);
  await service.cancel(waiting);
  await vi.waitFor(() => expect(scripts).toEqual([]));
  await expect(submit({ requests: [sampleRequest({ prompt: '\u200B' })] })).rejects.toThrow();
  await service.drain(1);
  const second = await dataFolder.startService({ script: paints, report });
  await second.service.recover();
  await second.service.drain(10_000);
  const ends = reported.filter((event) => event.type === 'generation_ended');
  expect(ends.map(({ outcome, runs, attempts }) => [outcome, runs, attempts])).toEqual([
    ['cancelled', 0, 0],
    ['delivered', 1, 1],
    ['no_image', 1, 1],
    ['delivered', 2, 2],
  ]);
  expect(ends[1]).toMatchObject({ delivered: { fitted: false }, usage: { totalTokens: 1_392 } });
  const count = (type: BotEvent['type']) => reported.filter((event) => event.type === type).length;
  expect(count('run_started')).toBe(4);
  expect(count('first_thought')).toBe(2);
  expect(count('image_received')).toBe(2);
  expect(reported).toContainEqual({ type: 'request_refused', limit: 'no_words' });
});
