import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure, type ReplyTarget } from '../../src/domain.ts';
import { sampleWorking } from '../support/samples.ts';
import { bucket } from '../support/webhook-server.ts';
import { OPEN_CHANNEL as OPEN, type ReplyHarness, startReplyHarness } from './reply-harness.ts';

let harness: ReplyHarness;
let discord: ReplyHarness['discord'];
let timers: ReplyHarness['timers'];
/** By how much the clock that is read is set another way than the timers go. */
let clockSetBy = 0;

beforeEach(async () => {
  clockSetBy = 0;
  harness = await startReplyHarness();
  ({ discord, timers } = harness);
});
afterEach(() => harness.close());

function open(change: Partial<ReplyTarget>) {
  const deps = { now: () => timers.now() + clockSetBy };
  const { live, target, noted } = harness.open({ target: change, deps });
  /** The first answer has been read, and the next pause begun. */
  const answered = () => vi.waitFor(() => expect(noted).toHaveLength(1));
  return { reply: live(), target, noted, answered };
}

/** The edit that time brings, also where its pause begins only when an answer was read. */
async function editAfter(ms: number) {
  await timers.pass(ms);
  await vi.waitFor(async () => {
    await timers.pass(0);
    expect(discord.waiting).toHaveLength(1);
  });
  return await discord.next();
}

const thought = (words: string) => sampleWorking({ thought: { heading: null, words } });
const words = (edit: Awaited<ReturnType<typeof discord.next>>) =>
  edit.json.embeds[0].description as string;

describe('a message that an earlier process began', () => {
  it('leaves the bucket to its end, as nobody knows what is left of it', async () => {
    const { reply } = open({ messageId: '900000000000000001' });
    reply.show(thought('one'));
    await timers.pass(4_900);
    expect(discord.waiting).toHaveLength(0);
    const failed = reply.fail({ id: 'x', subject: null, failure: new Failure('cancelled', '') });
    const end = await discord.next();
    expect(end.json.embeds[0].footer.text).toBe('cancelled · ref x');
    end.respond(200);
    await failed;
  });

  it('shows its progress when the bucket must be full again', async () => {
    const { reply } = open({ messageId: '900000000000000001' });
    reply.show(thought('one'));
    const edit = await editAfter(5_000);
    expect(words(edit)).toContain('one');
    edit.respond(200);
  });
});

describe('a clock that is set back', () => {
  it('makes no pause between two edits longer', async () => {
    const { reply } = open({ messageId: '900000000000000001' });
    clockSetBy = -3_600_000;
    reply.show(thought('one'));
    const edit = await editAfter(5_000);
    expect(words(edit)).toContain('one');
    edit.respond(200);
  });
});

describe('a message that nothing reaches but its token', () => {
  it.each([
    ['a private one', { ...OPEN, ephemeral: true }],
    ['one where the bot may not write', { appPermissions: '0' }],
  ])('says where to look before the token dies (%s)', async (_, change) => {
    const { reply, answered } = open(change);
    reply.show(thought('one'));
    (await editAfter(0)).respond(200, { id: '1' }, bucket(4, 5));
    await answered();
    await timers.pass(879_000);
    expect(discord.waiting).toHaveLength(0);
    const last = await editAfter(1_000);
    expect(words(last)).toContain('type `/history`');
    expect(last.json.components).toEqual([]);
    last.respond(200);
    reply.show(thought('two'));
    await timers.pass(10_000);
    expect(discord.waiting).toHaveLength(0);
  });

  it('still shows an end that comes in time', async () => {
    const { reply, answered } = open({ ephemeral: true });
    reply.show(thought('one'));
    (await editAfter(0)).respond(200);
    await answered();
    (await editAfter(880_000)).respond(200);
    const failed = reply.fail({ id: 'x', subject: null, failure: new Failure('cut', '') });
    const end = await discord.next();
    expect(end.json.embeds[0].footer.text).toBe('cut · ref x');
    end.respond(200);
    await failed;
    expect(timers.waiting).toBe(0);
  });

  it('leaves one alone that its channel reaches as well', async () => {
    const { reply, answered } = open(OPEN);
    reply.show(thought('one'));
    (await editAfter(0)).respond(200);
    await answered();
    await timers.pass(890_000);
    expect(discord.waiting).toHaveLength(0);
  });

  it('may be one that Discord made private by itself, which is remembered', async () => {
    const { reply, target, noted, answered } = open(OPEN);
    reply.show(thought('one'));
    (await editAfter(0)).respond(200, { id: '900000000000000777', flags: 64 });
    await answered();
    // The target is the caller's.
    expect(target).toMatchObject({ ephemeral: false, messageId: null });
    expect(noted).toEqual([['900000000000000777', true]]);
    const last = await editAfter(880_000);
    expect(words(last)).toContain('type `/history`');
    last.respond(200);
  });
});
