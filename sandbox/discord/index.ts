/** The local Discord alone, for whatever speaks Discord's API; and its checks without a server. */
export { checkModal } from './checks/modal.ts';
export { checkReplyEdit } from './checks/reply.ts';
export type * from './controls.ts';
export * from './local-discord.ts';
export type * from './world.ts';
export { createDefaultWorld } from './world.ts';
