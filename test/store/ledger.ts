import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GenerationRequest, ImageFile, ReplyTarget, Usage } from '../../src/domain.ts';
import {
  type AdmissionLimits,
  type NewReply,
  openStore,
  type Store,
} from '../../src/store/store.ts';

/** Noon of a UTC day, far from both of its ends. */
export const NOON = Date.UTC(2026, 10, 5, 12);
export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestLedger {
  store: Store;
  file: string;
  /** What the store takes for now; tests move it. */
  clock: { now: number };
}

/** A real ledger in a real file, closed and removed when the test ends. */
export async function openLedger(folder = temporaryFolder()): Promise<TestLedger> {
  const clock = { now: NOON };
  const file = join(folder, 'darkroom.sqlite');
  const store = await openStore({ file, now: () => clock.now });
  onTestFinished(() => store.close());
  return { store, file, clock };
}

export const NO_LIMITS: AdmissionLimits = {
  userOpen: null,
  userPicturesPerDay: null,
  userCooldownMs: null,
  guildPicturesPerDay: null,
  guildCostMicrosPerDay: null,
  botPicturesPerDay: null,
  botCostMicrosPerDay: null,
};

export const USAGE: Usage = {
  promptTokens: 10,
  imageTokens: 1_120,
  thoughtTokens: 200,
  totalTokens: 1_330,
};

export function target(change: Partial<ReplyTarget> = {}): ReplyTarget {
  return {
    applicationId: '100000000000000001',
    interactionToken: 'a-secret-token',
    tokenExpiresAt: NOON + 15 * MINUTE,
    channelId: '100000000000000002',
    guildId: 'guild',
    userId: 'user',
    messageId: null,
    ephemeral: false,
    appPermissions: '0',
    installContext: 'guild',
    locale: 'en-US',
    attachmentSizeLimit: 10_485_760,
    ...change,
  };
}

export function request(change: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    prompt: 'a red fox in snow',
    model: 'flash',
    ratio: '1:1',
    size: '1K',
    references: [],
    ...change,
  };
}

export function image(id: string): ImageFile {
  return {
    path: `/spool/${id}.1.image.png`,
    bytes: 2_000_000,
    mime: 'image/png',
    width: 1_024,
    height: 1_024,
  };
}

interface ReplyChange extends Partial<Omit<NewReply, 'generations' | 'target'>> {
  target?: Partial<ReplyTarget>;
  request?: Partial<GenerationRequest>;
  pictures?: number;
  reservedCostMicros?: number;
}

/** A reply `r1` has the generations `r1-0`, `r1-1`… */
export function reply(id: string, change: ReplyChange = {}): NewReply {
  const { pictures = 1, reservedCostMicros = 0, request: wanted, ...rest } = change;
  return {
    id,
    command: 'imagine',
    origin: null,
    createdAt: NOON,
    ...rest,
    target: target(change.target),
    generations: Array.from({ length: pictures }, (_, index) => ({
      id: `${id}-${index}`,
      request: request(wanted),
      reservedCostMicros,
    })),
  };
}

/** Takes an admitted generation all the way to its delivered picture. */
export async function deliver(
  store: Store,
  id: string,
  { usage = USAGE, costMicros = null }: { usage?: Usage | null; costMicros?: number | null } = {},
): Promise<void> {
  await store.generations.start(id);
  await store.generations.countAttempt(id);
  await store.generations.develop(id, { image: image(id), usage, costMicros });
  await store.generations.conclude(id, { state: 'delivered' });
}

/** Admits a reply without limits and sees its pictures delivered and the reply settled. */
export async function deliverReply(store: Store, id: string, change: ReplyChange = {}) {
  const made = reply(id, change);
  await store.replies.admit(made, NO_LIMITS);
  for (const generation of made.generations) await deliver(store, generation.id);
  await store.replies.settle(id);
  return made;
}
