import { customAlphabet } from 'nanoid';
import { estimateCostMicros, type Prices } from '../admission/cost.ts';
import { withReadPrompt } from '../admission/policy.ts';
import type { GenerationRequest, ReplyTarget, RequestCommand } from '../domain.ts';
import type { NewReply, Origin } from '../store/store.ts';
import { type Job, NOTHING_SPENT } from './job.ts';
import type { Subject } from './live-reply.ts';

/** What a person asks for with one command. */
export interface Submission {
  command: RequestCommand;
  target: ReplyTarget;
  requests: GenerationRequest[];
  origin: Origin | null;
  /** The person's roles on this server, for exemptions. */
  roleIds: readonly string[];
}

/** 60 random bits, in letters that are hard to misread; people read these ids to operators. */
const newId = customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12);

/**
 * The reply that a submission asks to have admitted.
 *
 * @throws Failure `limit` for a prompt without anything that can be seen.
 */
export function newReply(
  { command, target, origin, requests }: Submission,
  { prices, now }: { prices: Prices; now: () => number },
): NewReply {
  const generations = requests.map(withReadPrompt).map((request) => ({
    id: newId(),
    request,
    reservedCostMicros: estimateCostMicros(request, prices),
  }));
  return { id: newId(), command, target, origin, createdAt: now(), generations };
}

/** The jobs of an admitted reply. */
export function newJobs(
  { id: replyId, target, createdAt: askedAt, generations }: NewReply,
  common: Pick<Subject, 'origin' | 'largestSize'>,
): Job[] {
  return generations.map(({ id, request }) => ({
    subject: { ...common, id, replyId, request, isPrivate: target.ephemeral },
    askedAt,
    firstAttemptAt: null,
    spent: NOTHING_SPENT,
    image: null,
  }));
}
