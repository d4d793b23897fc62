import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import sharp from 'sharp';
import type { Prices } from '../../src/admission/cost.ts';
import type { FailureKind, GuildSettings, ImageFile } from '../../src/domain.ts';
import { type BotEvent, ignoreEvents } from '../../src/events.ts';
import type { GenerateOptions } from '../../src/gemini/gemini.ts';
import { DEFAULT_LIMITS } from '../../src/gemini/limits.ts';
import type { ModelEvent } from '../../src/gemini/model-events.ts';
import type { Delivery, LiveReply, OnMessage, ReplySlot } from '../../src/generation/live-reply.ts';
import { GenerationService } from '../../src/generation/service.ts';
import type { Submission } from '../../src/generation/submission.ts';
import { makeThumbnail } from '../../src/images/process/thumbnail.ts';
import { DiskSpool, type Spool } from '../../src/images/spool/spool.ts';
import { type Generations, openStore, type Store } from '../../src/store/store.ts';
import { createBlockedWords } from '../../src/word-filter/blocked-words.ts';
import { sampleFailure, sampleRequest, sampleTarget, silentLog } from '../support/samples.ts';

/** What the scripted model does with one request; it ends by returning or throwing. */
export type Script = (
  id: string,
  options: GenerateOptions,
  spool: Spool,
) => AsyncGenerator<ModelEvent, void>;

/** A reply that remembers what it was told. */
export interface Told {
  /** Its end as it was known when the reply was opened. */
  before: ReplySlot['end'];
  states: string[];
  end: string | null;
  /** What exactly was wrong with what failed. */
  problem: string | null;
  live: LiveReply;
  delete(): void;
}

const usage = {
  promptTokens: 8,
  imageTokens: 1_120,
  thoughtTokens: 264,
  totalTokens: 1_392,
};

const settings: GuildSettings = {
  userOpen: null,
  userPicturesPerDay: null,
  userCooldownMs: null,
  guildPicturesPerDay: null,
  guildCostMicrosPerDay: null,
  models: ['flash', 'pro'],
  largestSize: '4K',
  privateAllowed: true,
  blockedWords: [],
  exemptRoles: [],
};

let png: Buffer | null = null;

/** A real picture in the spool, as the model's wire leaves one. */
export async function spoolPicture(spool: Spool, id: string): Promise<ImageFile> {
  png ??= await sharp({ create: { width: 32, height: 32, channels: 3, background: '#c92a2a' } })
    .png()
    .toBuffer();
  const file = spool.open(id);
  await file.write(png);
  return await file.finish();
}

/** The model as it should be: one attempt, a thought, a picture. */
export const paints: Script = async function* (id, options, spool) {
  const attempt = (options.attemptsBefore ?? 0) + 1;
  await options.beforeAttempt?.(attempt);
  yield { type: 'attempt', attempt };
  yield { type: 'thought', text: '**Looking**\n\nAt it.' };
  const image = await spoolPicture(spool, id);
  yield { type: 'image', image };
  yield { type: 'outcome', image, usage };
};

export function fails(kind: FailureKind, details: object = {}): Script {
  // biome-ignore lint/correctness/useYield: it fails before its first event
  return async function* (_id, options) {
    await options.beforeAttempt?.(1);
    throw sampleFailure(kind, details);
  };
}

/** Waits after the request was sent until the test lets it go, or it is stopped. */
export function waits(): Script & { started: Promise<string>; release: () => void } {
  const started = Promise.withResolvers<string>();
  const released = Promise.withResolvers<void>();
  const script: Script = async function* (id, options, spool) {
    await options.beforeAttempt?.((options.attemptsBefore ?? 0) + 1);
    started.resolve(id);
    const stopped = new Promise((_, reject) => {
      options.signal.addEventListener('abort', () => reject(options.signal.reason));
    });
    await Promise.race([released.promise, stopped]);
    const image = await spoolPicture(spool, id);
    yield { type: 'outcome', image, usage };
  };
  return Object.assign(script, { started: started.promise, release: () => released.resolve() });
}

/** A data folder, in which services live one after the other, as processes do. */
export async function openDataFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-service-'));
  const stores: Store[] = [];
  return {
    folder,
    async startService(change: {
      script: Script;
      log?: Logger;
      report?: (event: BotEvent) => void;
      maxConcurrent?: number;
      defaults?: Partial<GuildSettings>;
      bot?: { picturesPerDay: number | null; costMicrosPerDay: number | null };
      allowedGuilds?: string[];
      directMessages?: boolean;
      prices?: Prices;
      deliver?: () => Delivery;
      /** What is broken of the store. */
      generations?: Partial<Generations> | ((whole: Generations) => Partial<Generations>);
      mayKeepOriginals?: boolean;
      makeThumbnail?: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
      fail?: () => Promise<'shown' | 'refused'>;
      /** Whether Discord blocks the words of requests. */
      blocked?: boolean;
      now?: () => number;
    }) {
      const now = change.now ?? Date.now;
      const store = await openStore({ file: join(folder, 'darkroom.sqlite'), now });
      stores.push(store);
      const spool = new DiskSpool({ directory: join(folder, 'spool'), maxBytes: 1e9 });
      const replies: Told[] = [];
      const asked: string[] = [];
      const service = new GenerationService({
        store: {
          ...store,
          generations: {
            ...store.generations,
            ...(typeof change.generations === 'function'
              ? change.generations(store.generations)
              : change.generations),
          },
        },
        gemini: {
          limits: DEFAULT_LIMITS,
          generate(request, options) {
            asked.push(request.id);
            return change.script(request.id, options, spool);
          },
        },
        fetchReference: () => Promise.reject(sampleFailure('reference')),
        findWhole: (owner) => spool.findWhole(owner),
        removeFile: (file) => spool.remove(file),
        mayKeepOriginals: () => change.mayKeepOriginals ?? true,
        makeThumbnail: change.makeThumbnail ?? makeThumbnail,
        openLiveReply: (_target, slots, onMessage) =>
          new Map(
            slots.map(({ subject, end }) => {
              const told = createTold(end, onMessage, change);
              replies.push(told);
              return [subject.id, told.live];
            }),
          ),
        prices: change.prices ?? { flash: { input: 0.5, text: 3, image: 60 }, pro: null },
        defaults: { ...settings, ...change.defaults },
        bot: change.bot ?? { picturesPerDay: null, costMicrosPerDay: null },
        blockedWords: createBlockedWords(silentLog),
        operator: {
          allowedGuilds: change.allowedGuilds ?? null,
          userInstall: false,
          directMessages: change.directMessages ?? true,
        },
        maxReferenceBytes: 20_000_000,
        maxConcurrent: change.maxConcurrent ?? 2,
        report: change.report ?? ignoreEvents,
        log: change.log ?? silentLog,
        now,
      });
      const submit = (by: Partial<Submission> = {}) =>
        service.submit({
          command: 'imagine',
          target: sampleTarget(),
          requests: [sampleRequest({ model: 'flash' })],
          origin: null,
          roleIds: [],
          ...by,
        });
      return { store, spool, service, replies, asked, submit };
    },
    async close() {
      for (const store of stores) await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createTold(
  before: ReplySlot['end'],
  onMessage: OnMessage,
  {
    deliver,
    fail,
    blocked = false,
  }: {
    deliver?: () => Delivery;
    fail?: () => Promise<'shown' | 'refused'>;
    blocked?: boolean;
  },
): Told {
  const gone = new AbortController();
  const told: Told = {
    before,
    states: [],
    end: null,
    problem: null,
    delete: () => gone.abort(),
    live: {
      deleted: gone.signal,
      isReachable: () => !gone.signal.aborted,
      areWordsBlocked: async () => blocked,
      show: (state) => void told.states.push(state.phase),
      async suspend(state) {
        told.states.push(state.phase);
      },
      async deliver(state) {
        onMessage('900000000000000001', false);
        const delivery = deliver?.();
        told.end = delivery?.to ?? `picture of ${state.image.bytes} bytes`;
        const attachment = { id: '1', name: 'a.png', mime: 'image/png', bytes: state.image.bytes };
        return delivery ?? { to: 'message', attachment, fitted: false };
      },
      async fail(state) {
        const answer = (await fail?.()) ?? 'shown';
        if (answer === 'shown') told.end = state.failure.kind;
        told.problem = state.failure.details.problem ?? null;
        return answer;
      },
    },
  };
  return told;
}
