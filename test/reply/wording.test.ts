import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure, type ReplyTarget } from '../../src/domain.ts';
import { sampleDone, sampleRequest, sampleSubject, sampleWorking } from '../support/samples.ts';
import type { Exchange } from '../support/webhook-server.ts';
import { OPEN_CHANNEL, type ReplyHarness, startReplyHarness } from './reply-harness.ts';

const OPEN = { messageId: '900000000000000001', ...OPEN_CHANNEL };
const AUTOMOD = { message: 'Message was blocked by automatic moderation', code: 200_000 };
const never = new AbortController().signal;
const request = sampleRequest({ prompt: 'a forbidden fox' });

let harness: ReplyHarness;
let discord: ReplyHarness['discord'];
let timers: ReplyHarness['timers'];

beforeEach(async () => {
  harness = await startReplyHarness();
  ({ discord, timers } = harness);
});
afterEach(() => harness.close());

const open = (ids: string[], target: Partial<ReplyTarget> = {}) =>
  harness.open({ target, slots: Object.fromEntries(ids.map((id) => [id, null])), request }).live;

const textOf = ({ json, files }: Exchange) => JSON.stringify([json, files.map(({ name }) => name)]);

/** Answers everything as a server whose AutoMod knows some words, and notes what was sent. */
function moderate(words: string[], refusal: unknown = AUTOMOD) {
  const taken: Exchange[] = [];
  const refused: Exchange[] = [];
  const loop = async () => {
    for (;;) {
      const exchange = await discord.next();
      const isBlocked = words.some((word) => textOf(exchange).includes(word));
      (isBlocked ? refused : taken).push(exchange);
      if (isBlocked) exchange.respond(400, refusal);
      else exchange.respond(200);
    }
  };
  void loop();
  return { taken, refused };
}

const working = (id: string, change = {}) => sampleWorking({ id, request, ...change });
const done = (id: string) => sampleDone(harness.image, { id, request });
const failed = (id: string, failure: Failure) => ({
  id,
  subject: sampleSubject({ id, request }),
  failure,
});
const descriptionOf = (exchange: Exchange | undefined) =>
  exchange?.json.embeds[0].description as string;

describe.each([
  ['AutoMod', AUTOMOD],
  ['AutoMod, for a title', { message: 'Title was blocked', code: 200_001 }],
  [
    'the filter of harmful links',
    { message: 'Message blocked by harmful links filter', code: 240_000 },
  ],
  ['the check of a field', { message: 'Invalid Form Body', code: 50_035 }],
])('where %s refuses the prompt', (_, refusal) => {
  it('a failure is told once more without it, with the reference and where to look', async () => {
    const { taken, refused } = moderate(['forbidden'], refusal);
    const failure = new Failure('busy', '', { details: { retryAfterMs: 50_400_000 } });
    expect(await open(['a'])('a').fail(failed('a', failure))).toBe('shown');
    expect(refused).toHaveLength(1);
    expect(taken).toHaveLength(1);
    const [embed] = taken[0]?.json.embeds ?? [];
    expect(embed.description).toContain('in about 14 hours');
    expect(embed.footer.text).toBe('busy · ref a');
    expect(embed.description).toContain('`/history`');
    expect(embed.title).not.toBe('');
  });

  it('a picture is delivered without it, in its alt text as well', async () => {
    const { taken, refused } = moderate(['forbidden'], refusal);
    const delivery = await open(['a'])('a').deliver(done('a'), never);
    expect(delivery).toMatchObject({ to: 'message', attachment: { name: 'darkroom-a.png' } });
    expect([refused.length, taken.length]).toEqual([1, 1]);
    expect(taken[0]?.files.map(({ name }) => name)).toEqual(['darkroom-a.png']);
    expect(taken[0]?.json.attachments[0].description).not.toBe('');
    expect(JSON.stringify(taken[0]?.json.components)).toContain('thinking:');
  });

  it('each picture of a gallery is delivered without it, and only the first write was refused', async () => {
    const { taken, refused } = moderate(['forbidden'], refusal);
    const live = open(['a', 'b', 'c']);
    await live('a').deliver(done('a'), never);
    await live('b').deliver(done('b'), never);
    expect(await live('c').fail(failed('c', new Failure('cut', '')))).toBe('shown');
    expect([refused.length, taken.length]).toEqual([1, 3]);
    expect(taken[1]?.json.attachments[0].description).not.toContain('forbidden');
  });
});

describe('words that Discord refuses', () => {
  it('are left out of all that follows once a progress edit held them', async () => {
    const { taken, refused } = moderate(['forbidden']);
    const live = open(['a'])('a');
    live.show(working('a'));
    await timers.pass(0);
    await vi.waitFor(() => expect(refused).toHaveLength(1));
    await vi.waitFor(async () => {
      await timers.pass(2_000);
      expect(taken).toHaveLength(1);
    });
    expect(descriptionOf(taken[0])).toContain('Discord blocks words of this message');
    expect(await live.areWordsBlocked()).toBe(true);
    expect(await live.deliver(done('a'), never)).toMatchObject({ to: 'message' });
    expect(refused).toHaveLength(1);
  });

  it('may be the model’s own', async () => {
    const { taken, refused } = moderate(['unspeakable']);
    const live = open(['a'])('a');
    live.show(working('a', { thought: { heading: null, words: 'something unspeakable' } }));
    await timers.pass(0);
    await vi.waitFor(() => expect(refused).toHaveLength(1));
    const details = { words: 'unspeakable', reason: 'unspeakable', file: 'unspeakable.png' };
    await live.fail(failed('a', new Failure('refused_prompt', '', { details })));
    expect(taken).toHaveLength(1);
    expect(refused).toHaveLength(1);
  });

  it('may be in a message that goes through the channel, and is posted anew', async () => {
    const refused: Exchange[] = [];
    const live = open(['a'], { ...OPEN, tokenExpiresAt: 0 })('a');
    const delivered = live.deliver(done('a'), never);
    (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
    refused.push(await discord.next());
    refused[0]?.respond(400, AUTOMOD);
    (await discord.next()).respond(404, { message: 'Unknown Message', code: 10_008 });
    const post = await discord.next();
    expect([refused[0]?.method, post.method]).toEqual(['POST', 'POST']);
    expect(textOf(post)).not.toContain('forbidden');
    expect(post.json.nonce).toBe('a');
    post.respond(200);
    expect(await delivered).toMatchObject({ to: 'message' });
  });

  it.each([['a'], ['a', 'b']])(
    'may be our own: then a message of %s says nearly nothing',
    async (...ids) => {
      const { taken, refused } = moderate(['Discord', 'Pro 3', 'done in']);
      const live = open(ids);
      expect(await live('a').deliver(done('a'), never)).toMatchObject({ to: 'message' });
      expect(taken).toHaveLength(1);
      expect(taken[0]?.json).toMatchObject({ content: '`/history` · ref a', components: [] });
      expect(taken[0]?.json.embeds[0].image.url).toBe('attachment://darkroom-a.png');
      expect(new Set(refused.map(textOf)).size).toBe(refused.length);
    },
  );

  it('leave an end owed, and unrepeated, where Discord takes none of its versions', async () => {
    const { taken, refused } = moderate(['']);
    const live = open(['a'])('a');
    expect(await live.fail(failed('a', new Failure('busy', '')))).toBe('refused');
    expect(taken).toEqual([]);
    expect(refused).toHaveLength(3);
    expect(new Set(refused.map(textOf)).size).toBe(3);
  });

  it('are no reason to send a picture again that Discord refuses itself', async () => {
    const { refused } = moderate([''], { message: 'Explicit content', code: 20_009 });
    const delivered = open(['a'])('a').deliver(done('a'), never);
    await expect(delivered).rejects.toMatchObject({ details: { problem: 'not_taken' } });
    expect(refused).toHaveLength(1);
  });
});

describe('whether words are blocked', () => {
  it('is known when the first edit was answered', async () => {
    const live = open(['a'])('a');
    live.show(working('a'));
    await timers.pass(0);
    const blocked = live.areWordsBlocked();
    (await discord.next()).respond(200);
    expect(await blocked).toBe(false);
  });

  it('is not waited for longer than a second', async () => {
    const live = open(['a'])('a');
    live.show(working('a'));
    await timers.pass(0);
    const blocked = live.areWordsBlocked();
    await timers.pass(1_000);
    expect(await blocked).toBe(false);
    (await discord.next()).respond(200);
  });

  it('needs no answer where an earlier process wrote the message already', async () => {
    expect(await open(['a'], OPEN)('a').areWordsBlocked()).toBe(false);
    expect(timers.waiting).toBe(0);
  });
});
