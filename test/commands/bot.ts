// First of all: the copy of undici that uploads must set its own global dispatcher before another does.
import '@discordjs/rest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type InteractionHandle,
  type LocalDiscord,
  type Message,
  startLocalDiscord,
} from '@darkroom/sandbox/discord';
import { Events } from 'discord.js';
import { handlers } from '../../commands/index.ts';
import type { OperatorPolicy } from '../../src/admission/policy.ts';
import { createAcknowledge } from '../../src/discord/acknowledge.ts';
import { Gate } from '../../src/discord/gate.ts';
import { createClient, watchChannelTypes } from '../../src/discord/gateway-client.ts';
import type { HandlerContext } from '../../src/discord/handlers.ts';
import { createRecentClicks } from '../../src/discord/recent-clicks.ts';
import { registerCommands } from '../../src/discord/registration.ts';
import { ReplyRest } from '../../src/discord-http/rest.ts';
import { createDeletions } from '../../src/discord-http/retry-until-accepted.ts';
import type { GuildSettings } from '../../src/domain.ts';
import { ignoreEvents } from '../../src/events.ts';
import type { Submission } from '../../src/generation/submission.ts';
import { Fitter } from '../../src/images/fit/fitter.ts';
import { createPictureProcess } from '../../src/images/process-client/client.ts';
import { DiskSpool, type Spool } from '../../src/images/spool/spool.ts';
import { Answers } from '../../src/pages/answers.ts';
import { Pages } from '../../src/pages/pages.ts';
import { findOwnPicture } from '../../src/reply/own-picture.ts';
import { createLiveReplies } from '../../src/reply/reply.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { english } from '../../src/texts/english.ts';
import { createBlockedWords } from '../../src/word-filter/blocked-words.ts';
import { silentLog } from '../support/samples.ts';

export const DEFAULTS: GuildSettings = {
  userOpen: 4,
  userPicturesPerDay: 50,
  userCooldownMs: null,
  guildPicturesPerDay: null,
  guildCostMicrosPerDay: null,
  models: ['flash', 'pro'],
  largestSize: '4K',
  privateAllowed: true,
  blockedWords: [],
  exemptRoles: [],
};

export interface TestBot {
  discord: LocalDiscord;
  store: Store;
  /** The store's file. */
  file: string;
  spool: Spool;
  clock: { now: number };
  /** What was handed to the service, which this bot does not have. */
  submitted: Submission[];
  /** Generations that were cancelled, and replies by `cancelReply`. */
  cancelled: string[];
  /** What `cancel` does beyond noting it. */
  onCancel: { run: (id: string) => Promise<void> };
  /** Change it to have other defaults or prices. */
  context: HandlerContext;
  /** Which places are served; change it to serve fewer. */
  operator: OperatorPolicy;
  swept: () => number;
  /** Posts a message of the bot with buttons that no page of it would have, and pictures. */
  forge(channelId: string, customIds: string[], ...shownUrls: string[]): Promise<Message>;
  /** Posts a message of the bot with the menu that earlier versions had under several pictures. */
  forgeMenu(channelId: string, customId: string, values: string[]): Promise<Message>;
  close(): Promise<void>;
}

/** The real gate, commands and store against a local Discord; only pictures are not made. */
export async function startBot(now: number): Promise<TestBot> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-commands-'));
  const clock = { now };
  const discord = await startLocalDiscord();
  discord.controls.set({ rateLimits: false });
  const file = join(folder, 'darkroom.sqlite');
  const store = await openStore({ file, now: () => clock.now });
  const spool = new DiskSpool({ directory: join(folder, 'spool'), maxBytes: 500_000_000 });
  const pictures = createPictureProcess();
  const { apiUrl } = discord;
  const rest = new ReplyRest({ apiUrl, botToken: discord.botToken });
  const client = createClient({ apiUrl, log: silentLog });
  const submitted: Submission[] = [];
  const cancelled: string[] = [];
  const onCancel = { run: async (_id: string) => {} };
  let swept = 0;
  const generations = {
    submit: async (submission: Submission) => {
      submitted.push(submission);
      return [];
    },
    cancel: async (id: string) => {
      cancelled.push(id);
      await onCancel.run(id);
      return true;
    },
    cancelReply: async (id: string) => {
      cancelled.push(id);
      return false;
    },
  };
  const context: HandlerContext = {
    generations,
    store,
    pages: new Pages({ rest, log: silentLog, texts: english }),
    texts: english,
    images: {
      findPicture: async (id) => (await spool.find(id)).at(-1)?.image ?? null,
      findOwnPicture: (reference) => findOwnPicture(reference, { store, rest }),
      attachmentHosts: ['127.0.0.1'],
    },
    deletions: {
      ...createDeletions({ rest, log: silentLog }),
      clicks: createRecentClicks(() => clock.now),
    },
    operator: {
      defaults: DEFAULTS,
      bot: { picturesPerDay: null, costMicrosPerDay: null },
      prices: { flash: null, pro: null },
    },
    blockedWords: createBlockedWords(silentLog),
    retention: {
      days: 30,
      forget: store.retention.forget,
      sweepFiles: async () => void swept++,
    },
    openLiveReply: createLiveReplies({
      rest,
      fitter: new Fitter({ spool, openPicture: pictures.openPicture }),
      spool,
      log: silentLog,
      texts: english,
      now: () => clock.now,
    }),
    drawChart: pictures.drawChart,
    now: () => clock.now,
  };
  const operator: OperatorPolicy = { allowedGuilds: null, userInstall: true, directMessages: true };
  const gate = new Gate({
    handlers,
    context,
    deferrals: store.deferrals,
    acknowledge: createAcknowledge({ apiUrl }),
    channelTypeOf: watchChannelTypes(client),
    answers: new Answers({ rest, log: silentLog, texts: english, now: () => clock.now }),
    operator,
    report: ignoreEvents,
    log: silentLog,
    now: () => clock.now,
  });
  client.on(Events.InteractionCreate, (interaction) => gate.handle(interaction));
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(discord.botToken);
  await ready;
  if (client.isReady())
    await registerCommands(client, handlers, { guildId: null, userInstall: false });
  async function post(channelId: string, body: object): Promise<Message> {
    const nonce = `forged-${Math.random()}`.slice(0, 25);
    const content = { content: 'forged', ...body } as never;
    const { message } = await rest.postInChannel({ channelId, nonce }, content);
    const posted = discord.message(message?.id ?? '');
    if (posted === null) throw new Error('the forged message was not taken');
    return posted;
  }
  return {
    ...{ discord, store, file, spool, clock, submitted, cancelled, onCancel, context, operator },
    swept: () => swept,
    async forge(channelId, customIds, ...shownUrls) {
      const buttons = customIds.map((id) => ({ type: 2, style: 2, label: id, custom_id: id }));
      return await post(channelId, {
        ...(shownUrls.length === 0 ? {} : { embeds: shownUrls.map((url) => ({ image: { url } })) }),
        ...(buttons.length === 0 ? {} : { components: [{ type: 1, components: buttons }] }),
      });
    },
    async forgeMenu(channelId, customId, values) {
      const options = values.map((value) => ({ label: value, value }));
      const menu = { type: 3, custom_id: customId, options };
      return await post(channelId, { components: [{ type: 1, components: [menu] }] });
    },
    async close() {
      await client.destroy();
      await pictures.close();
      await store.close();
      await discord.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The reply once it says something, and its newest state when it changes later. */
export function answerOf(handle: InteractionHandle): Promise<Message> {
  return handle.when(() => (handle.response()?.embeds.length ? handle.response() : null));
}

/** What a person reads in a message: titles, texts, fields and footers. */
export function readable(message: Message): string {
  return message.embeds
    .flatMap(({ title, description, fields = [], footer }) => [
      title,
      description,
      ...fields.map(({ name, value }) => `${name}: ${value}`),
      footer?.text,
    ])
    .filter(Boolean)
    .join('\n');
}

/** The buttons of a message, `custom_id` by label. */
export function buttonsOf(message: Message): Record<string, string> {
  const rows = (message.components ?? []) as {
    components: { label: string; custom_id: string }[];
  }[];
  return Object.fromEntries(
    rows.flatMap((row) => row.components.map(({ label, custom_id: id }) => [label, id])),
  );
}
