import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestCommand } from '../../src/domain.ts';
import { NOON } from '../store/samples.ts';
import { deliverReply } from '../store/test-store.ts';
import { startBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeAll(async () => {
  bot = await startBot(NOON);
  const { member, otherMember } = bot.discord.world.people;
  const make = (id: string, prompt: string, userId: string, command: RequestCommand = 'imagine') =>
    deliverReply(bot.store, id, {
      createdAt: NOON + id.charCodeAt(1),
      command,
      target: { userId },
      request: { prompt },
    });
  await make('pa', 'A red fox in snow', member.id);
  await make('pb', 'a lighthouse in fog', member.id);
  await make('pc', 'my neighbour’s fox', otherMember.id);
  await make('pd', 'make the fox blue', member.id, 'edit');
  await make('pe', `a fox ${'very '.repeat(30)}red`, member.id);
});
afterAll(() => bot.close());

async function complete(prompt: string) {
  const handle = await bot.discord.interact({
    kind: 'autocomplete',
    command: 'imagine',
    focused: 'prompt',
    options: { prompt },
    userId: bot.discord.world.people.member.id,
    channelId: bot.discord.world.places.studioGeneral.id,
  });
  return (await handle.when(() => handle.choices())).map(({ value }) => value);
}

describe('completion of /imagine’s prompt', () => {
  it('offers the person’s own recent prompts, the newest first', async () => {
    expect(await complete('')).toEqual(['a lighthouse in fog', 'A red fox in snow']);
  });

  it('puts what is typed first, so that Enter never takes another prompt instead', async () => {
    expect(await complete('FOX')).toEqual(['FOX', 'A red fox in snow']);
    expect(await complete('a walrus')).toEqual(['a walrus']);
  });

  it('offers a prompt that is typed to its end only once', async () => {
    expect(await complete('a lighthouse in fog')).toEqual(['a lighthouse in fog']);
  });

  it('stays out of the way of prompts that are too long for a choice', async () => {
    expect(await complete('x'.repeat(101))).toEqual([]);
    expect(await complete('x'.repeat(100))).toEqual(['x'.repeat(100)]);
  });

  it('shows what is seen of what is typed, and hands it on as it is, to be judged', async () => {
    expect(await complete('a wal\u2800rus')).toEqual(['a wal\u2800rus']);
    expect(await complete('fox\u200B')).toEqual(['fox\u200B', 'A red fox in snow']);
    expect(await complete('\u200B\u3164')).toEqual(['a lighthouse in fog', 'A red fox in snow']);
  });

  it('takes blanks for nothing typed', async () => {
    expect(await complete('   ')).toEqual(['a lighthouse in fog', 'A red fox in snow']);
  });
});
