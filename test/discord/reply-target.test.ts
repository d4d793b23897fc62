import type { Interaction } from 'discord.js';
import { expect, it } from 'vitest';
import { readTarget } from '../../src/discord/reply-target.ts';

/** What is read of an interaction, and no more. */
function interactionWith(attachmentSizeLimit: number | undefined) {
  const user = { id: '400000000000000001' };
  const owners = { authorizingIntegrationOwners: {} };
  return { id: '1', user, ...owners, attachmentSizeLimit } as unknown as Interaction;
}

it.each([
  [8_388_608, 8_388_608],
  [0, 10_485_760],
  [-1, 10_485_760],
  [Number.NaN, 10_485_760],
  [undefined, 10_485_760],
])('takes an upload limit of %s for %i bytes', (said, bytes) => {
  const target = readTarget(interactionWith(said), 'public', { receivedAt: 1_000, channelType: 0 });
  expect(target.attachmentSizeLimit).toBe(bytes);
});

const SEND = 1n << 11n;
const SEND_IN_THREADS = 1n << 38n;

it.each([
  ['a text channel by Send Messages', 0, SEND, true],
  ['a text channel without it', 0, SEND_IN_THREADS, false],
  ['a voice channel’s chat by Send Messages', 2, SEND, true],
  ['a thread of announcements by Send Messages in Threads', 10, SEND_IN_THREADS, true],
  ['a thread or a post by Send Messages in Threads', 11, SEND_IN_THREADS, true],
  ['a private thread by Send Messages in Threads', 12, SEND_IN_THREADS, true],
  ['a thread or a post without it', 11, SEND, false],
  ['a channel of unknown type by Send Messages', null, SEND, true],
])('judges whether it may write in %s', (_, channelType, bits, may) => {
  const interaction = interactionWith(10_485_760);
  Object.assign(interaction, { appPermissions: { bitfield: bits | (1n << 10n) } });
  const target = readTarget(interaction, 'public', { receivedAt: 1_000, channelType });
  expect((BigInt(target.appPermissions) & SEND) !== 0n).toBe(may);
});
