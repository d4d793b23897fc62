import { elapsedMs } from '../../store/moments.ts';
import type { Conclusion } from '../../store/store.ts';
import type { Job, RunDeps, Spent } from '../job.ts';

/**
 * Ends a generation in the store, and reports that once.
 *
 * @param facts `fitted`: Discord has a version of the picture that was made smaller.
 * @returns whether it was this call that ended it.
 * @throws what the store throws.
 */
export async function endGeneration(
  { subject, askedAt }: Pick<Job, 'subject' | 'askedAt'>,
  conclusion: Conclusion,
  facts: { spent: Spent; fitted?: boolean },
  { generations, report, now }: Pick<RunDeps, 'generations' | 'report' | 'now'>,
): Promise<boolean> {
  const { id, replyId, request } = subject;
  if (!(await generations.conclude(id, conclusion))) return false;
  const { state, failure = null, attachment } = conclusion;
  const isUnreachable = failure?.details.problem === 'unreachable';
  const withoutPicture = failure?.kind ?? (state === 'failed' ? 'internal' : state);
  report({
    type: 'generation_ended',
    id,
    replyId,
    model: request.model,
    size: request.size,
    outcome: isUnreachable ? 'unreachable' : withoutPicture,
    failure,
    delivered: attachment ? { bytes: attachment.bytes, fitted: facts.fitted ?? false } : null,
    ms: elapsedMs(askedAt, now()),
    ...facts.spent,
  });
  return true;
}
