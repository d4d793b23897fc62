import { type FailureKind, type Problem, REFUSALS, type Usage } from '../domain.ts';
import type { ModelEvent } from './model-events.ts';

/** What is known of one request when it failed. */
export interface AttemptFacts {
  kind: FailureKind;
  /** `details.problem` of the failure. */
  problem: Problem | undefined;
  /** The connection stood, and the request began to go out. */
  sent: boolean;
  /** The model showed that it works; see `showsWork`. */
  began: boolean;
}

/**
 * Answers that are given in place of any work: the provider declined or had no room. Kinds that are
 * not listed leave open how far the model came.
 */
const DECLINED: ReadonlySet<FailureKind> = new Set([
  ...REFUSALS,
  'busy',
  'rejected',
  'misconfigured',
]);

/**
 * Whether the provider may charge for a request that brought no picture. Only what it surely
 * charges nothing for counts as free: a request that never went out, and one that was declined
 * before the model showed anything.
 */
export function mayCharge({ kind, problem, sent, began }: AttemptFacts): boolean {
  if (began) return true;
  if (!sent) return false;
  // The line broke behind the request and before any answer: the model may work all the same.
  if (problem === 'no_connection') return true;
  return !DECLINED.has(kind);
}

const WORK: ReadonlySet<ModelEvent['type']> = new Set(['thought', 'text', 'draft', 'image']);

/** Whether an event shows that the model works on the request. */
export function showsWork(event: ModelEvent): boolean {
  return event.type === 'usage' ? madeTokens(event.usage) > 0 : WORK.has(event.type);
}

/** Tokens that the model made; a declined prompt may be counted, with nothing made of it. */
function madeTokens({ promptTokens, imageTokens, thoughtTokens, totalTokens }: Usage): number {
  const rest = promptTokens === null ? 0 : (totalTokens ?? 0) - promptTokens;
  return Math.max(rest, imageTokens ?? 0, thoughtTokens ?? 0);
}
