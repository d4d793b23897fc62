import type { Interaction } from 'discord.js';
import { expect, it } from 'vitest';
import { readTarget } from '../../src/discord/target.ts';

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
  const target = readTarget(interactionWith(said), 'public', 1_000);
  expect(target.attachmentSizeLimit).toBe(bytes);
});
