/** The whole sandbox: the two local servers with a bot between them, and the people who use it. */

export { type Actor, findActor, UnknownActorError } from './actor.ts';
export type { BotDescription, SandboxAddresses } from './bot.ts';
export { type BotOptions, type BotProcess, startBotProcess } from './bot-process.ts';
export { DARKROOM } from './darkroom.ts';
export { type Page, startPage } from './page/page.ts';
export { buttonsOf, renderMessage, type VisibleButton } from './render.ts';
export { type Settled, type WatchOptions, watchReply } from './reply-watch.ts';
export { type RunOptions, type RunResult, runOnce } from './run-once.ts';
export { BotError, type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';
export { type DeliveredFile, sendCommand } from './send-command.ts';
