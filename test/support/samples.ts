import { pino } from 'pino';
import {
  Failure,
  type FailureKind,
  type FailureReason,
  type GenerationRequest,
  type ImageFile,
  type ModelKey,
  type ReplyTarget,
} from '../../src/domain.ts';
import type { ModelAttemptEnded } from '../../src/events.ts';
import type { DoneState, Subject, WorkingState } from '../../src/generation/live-reply.ts';

/** Small, ordinary values that a test changes where it matters. */
export const silentLog = pino({ level: 'silent' });

export function sampleRequest(change: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    intent: 'imagine',
    prompt: 'a red fox in snow',
    model: 'pro',
    ratio: '16:9',
    size: '2K',
    references: [],
    ...change,
  };
}

/** A failure of any kind, with a problem where the kind needs one. */
export function sampleFailure(
  kind: FailureKind,
  details: object = {},
  message = 'by the test',
): Failure {
  const needsProblem = kind === 'reference' || kind === 'limit' || kind === 'not_shown';
  const all = { ...(needsProblem && { problem: 'other' }), ...details };
  return new Failure({ kind, details: all } as FailureReason, message);
}

export function sampleTarget(change: Partial<ReplyTarget> = {}): ReplyTarget {
  return {
    applicationId: '100000000000000001',
    interactionId: '500000000000000001',
    interactionToken: 'aW50ZXJhY3Rpb24tdG9rZW4tZm9yLWEtdGVzdA',
    tokenExpiresAt: 1_800_000_900_000,
    channelId: '200000000000000001',
    guildId: '300000000000000001',
    userId: '400000000000000001',
    messageId: null,
    ephemeral: false,
    appPermissions: '0',
    installContext: 'guild',
    locale: 'en-US',
    attachmentSizeLimit: 20 * 1024 * 1024,
    ...change,
  };
}

export function sampleSubject(change: Partial<Subject> = {}): Subject {
  return {
    id: 'abc123def456',
    replyId: 'reply1234567',
    request: sampleRequest(),
    isPrivate: false,
    origin: null,
    ...change,
  };
}

export function sampleWorking(change: Partial<WorkingState> = {}): WorkingState {
  return {
    ...sampleSubject(),
    askedAt: 1_800_000_000_000,
    phase: 'thinking',
    position: null,
    runningSince: null,
    usualMs: null,
    thought: null,
    draft: null,
    retry: null,
    ...change,
  };
}

export function sampleDone(image: ImageFile, change: Partial<DoneState> = {}): DoneState {
  return {
    ...sampleSubject(),
    image,
    costMicros: null,
    usage: { promptTokens: 8, imageTokens: 1_120, thoughtTokens: 264, totalTokens: 1_392 },
    durationMs: 12_340,
    ...change,
  };
}

export function attemptEnded(
  model: ModelKey,
  change: Partial<ModelAttemptEnded> = {},
): ModelAttemptEnded {
  return {
    type: 'model_attempt_ended',
    id: 'abc123def456',
    model,
    modelId: `${model}-id`,
    attempt: 1,
    outcome: 'ok',
    problem: null,
    status: 200,
    bytes: 1_000,
    ms: 20_000,
    followedBy: null,
    ...change,
  };
}
