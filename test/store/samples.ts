import type { GenerationRequest, ImageFile, ReplyTarget, Usage } from '../../src/domain.ts';
import type { AdmissionLimits, NewReply } from '../../src/store/store.ts';

/** Noon of a UTC day, far from both of its ends. */
export const NOON = Date.UTC(2026, 10, 5, 12);
export const MINUTE = 60_000;
export const DAY = 86_400_000;

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
    interactionId: 'interaction',
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
    intent: 'imagine',
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

export interface ReplyChange extends Partial<Omit<NewReply, 'generations' | 'target'>> {
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
