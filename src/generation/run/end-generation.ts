import type { Logger } from 'pino';
import { Failure, type FailureReason, type Problem } from '../../domain.ts';
import type { EndOutcome } from '../../events.ts';
import { elapsedMs } from '../../store/moments.ts';
import type { Conclusion } from '../../store/store.ts';
import type { Job, RunDeps, Spent } from '../job.ts';
import type { FailedState, LiveReply } from '../live-reply.ts';
import type { UndeliveredNotice } from './context.ts';

/** The outcome of a picture that was made and not shown, by its problem. */
const NOT_SHOWN = {
  unreachable: 'unreachable',
  cannot_fit: 'bad_answer',
  not_taken: 'bad_answer',
  send_failed: 'internal',
  other: 'internal',
} as const satisfies Record<Problem<'not_shown'>, EndOutcome>;

/** A conclusion, whose failure may be the error itself: the log has more of that. */
export type End = Omit<Conclusion, 'failure'> & { failure?: Failure | FailureReason };

function outcomeOf({ state, failure }: Conclusion): EndOutcome {
  if (failure === undefined) return state === 'failed' ? 'internal' : state;
  return failure.kind === 'not_shown' ? NOT_SHOWN[failure.details.problem] : failure.kind;
}

/**
 * Ends a generation in the store, and reports that once.
 *
 * @param facts `fitted`: Discord has a version of the picture that was made smaller.
 * @returns whether it was this call that ended it.
 * @throws what the store throws.
 */
export async function endGeneration(
  { subject, askedAt }: Pick<Job, 'subject' | 'askedAt'>,
  { failure, ...end }: End,
  facts: { spent: Spent; fitted?: boolean },
  { generations, report, now }: Pick<RunDeps, 'generations' | 'report' | 'now'>,
): Promise<boolean> {
  const { id, replyId, request } = subject;
  const reason = failure instanceof Failure ? failure.reason : failure;
  const conclusion = reason === undefined ? end : { ...end, failure: reason };
  if (!(await generations.conclude(id, conclusion))) return false;
  const { attachment } = end;
  const { model, size } = request;
  report({
    type: 'generation_ended',
    ...{ id, replyId, model, size },
    outcome: outcomeOf(conclusion),
    failure: failure ?? null,
    delivered: attachment ? { bytes: attachment.bytes, fitted: facts.fitted ?? false } : null,
    ms: elapsedMs(askedAt, now()),
    ...facts.spent,
  });
  return true;
}

/** Tells the person how it ended; what is left to tell, or null. Never rejects. */
export async function announceEnd(
  state: FailedState,
  reply: LiveReply,
  log: Logger,
): Promise<UndeliveredNotice | null> {
  try {
    const isRefused = (await reply.fail(state)) === 'refused';
    return isRefused ? { state, isRefused } : null;
  } catch (error) {
    log.error({ err: error }, 'the reply could not be told of its end');
    return { state, isRefused: false };
  }
}
