import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_LIMITS, NOON, reply } from '../store/samples.ts';
import { answerOf, buttonsOf, readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;
let count = 0;

beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());
beforeEach(() => {
  bot.cancelled.length = 0;
  bot.onCancel.run = async () => {};
});

const person = (name: 'member' | 'otherMember' = 'member') => bot.discord.world.people[name].id;

/** A reply with one generation that has not ended. */
async function open(name: 'member' | 'otherMember' = 'member') {
  const made = reply(`forget${count++}`, { target: { userId: person(name) } });
  await bot.store.replies.admit(made, NO_LIMITS);
  return { id: made.id, generation: made.generations[0]?.id ?? '' };
}

async function settled(name: 'member' | 'otherMember' = 'member') {
  const { id, generation } = await open(name);
  await bot.store.generations.conclude(generation, { state: 'cancelled' });
  await bot.store.replies.settle(id);
  return id;
}

async function ask() {
  const channelId = bot.discord.world.places.memberDm.id;
  const handle = await bot.discord.interact({
    kind: 'slash',
    command: 'forget',
    userId: person(),
    channelId,
  });
  return await answerOf(handle);
}

async function answer(label: string, title: string): Promise<string> {
  const message = await ask();
  const customId = buttonsOf(message)[label] ?? '';
  const clicked = await bot.discord.interact({
    kind: 'button',
    messageId: message.id,
    customId,
    userId: person(),
  });
  const now = await clicked.when(() => {
    const shown = bot.discord.message(message.id);
    return shown?.embeds[0]?.title === title ? shown : null;
  });
  return readable(now);
}

describe('/forget', () => {
  it('says what goes and what stays, and deletes nothing by itself', async () => {
    const id = await settled();
    const message = await ask();
    expect(readable(message)).toMatch(/This goes[\s\S]*prompts[\s\S]*This stays[\s\S]*messages/);
    expect(await bot.store.replies.get(id)).not.toBeNull();
  });

  it('keeps everything when told to', async () => {
    const id = await settled();
    await answer('Keep everything', 'Nothing was deleted');
    expect(await bot.store.replies.get(id)).not.toBeNull();
  });

  it('deletes all of the person who clicked, their files too, and nobody else’s', async () => {
    const mine = await settled();
    const theirs = await settled('otherMember');
    const before = bot.swept();
    const text = await answer('Forget me', 'You are forgotten');
    expect(text).toMatch(/\d+ requests? of yours/);
    expect(await bot.store.replies.get(mine)).toBeNull();
    expect(await bot.store.replies.get(theirs)).not.toBeNull();
    expect(bot.swept()).toBe(before + 1);
  });

  it('cancels pictures in the making first', async () => {
    const made = await open();
    const theirs = await open('otherMember');
    bot.onCancel.run = async (generation) => {
      await bot.store.generations.conclude(generation, { state: 'cancelled' });
      await bot.store.replies.settle(made.id);
    };
    await answer('Forget me', 'You are forgotten');
    expect(bot.cancelled).toEqual([made.generation]);
    expect(await bot.store.replies.get(made.id)).toBeNull();
    expect(await bot.store.replies.get(theirs.id)).not.toBeNull();
  });

  it('says what is left when a picture does not stop in time, and goes on when asked again', async () => {
    const made = await open();
    bot.onCancel.run = async () => {
      bot.clock.now += 60_000;
    };
    const text = await answer('Forget me', 'Almost everything is deleted');
    expect(text).toContain('One picture is still being stopped');
    bot.onCancel.run = async (generation) => {
      await bot.store.generations.conclude(generation, { state: 'cancelled' });
      await bot.store.replies.settle(made.id);
    };
    await answer('Forget me', 'You are forgotten');
    expect(await bot.store.replies.get(made.id)).toBeNull();
  });
});
