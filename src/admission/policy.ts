import {
  Failure,
  type GenerationRequest,
  IMAGE_SIZES,
  type ModelKey,
  type Problem,
  type Reference,
  type ReplyTarget,
} from '../domain.ts';
import type { BlockedWords, Verdict } from '../word-filter/blocked-words.ts';
import { readPrompt } from '../word-filter/visible-text.ts';
import type { AppliedSettings } from './effective-settings.ts';
import { leastBytes } from './reference-budget.ts';

/** What the operator allows at all, whatever a server sets. */
export interface OperatorPolicy {
  /** Ids of the only servers to serve; null for every one. */
  allowedGuilds: readonly string[] | null;
  /** Whether people may use Darkroom where only they installed it. */
  userInstall: boolean;
  /** Whether people may use Darkroom outside of servers: in direct messages and group chats. */
  directMessages: boolean;
}

/** Where something is asked for. */
export type Place = Pick<ReplyTarget, 'guildId' | 'installContext'>;

/**
 * Whether the operator serves a place at all. A server is served whoever installed Darkroom there.
 *
 * @throws Failure `limit`, with the rule in `details.problem`.
 */
export function checkPlace({ guildId, installContext }: Place, operator: OperatorPolicy): void {
  if (installContext === 'user' && !operator.userInstall) throw refuse('user_install');
  if (guildId === null) {
    if (!operator.directMessages) throw refuse('direct_messages');
    return;
  }
  const { allowedGuilds } = operator;
  if (allowedGuilds !== null && !allowedGuilds.includes(guildId)) throw refuse('guild');
}

/**
 * Holds a request against the rules that are no matter of counting, and cost nothing to look at.
 *
 * @throws Failure `limit`, with the rule in `details.problem`.
 */
export function checkPolicy(
  request: GenerationRequest,
  target: ReplyTarget,
  settings: AppliedSettings,
  operator: OperatorPolicy,
): void {
  checkPlace(target, operator);
  checkModel(request.model, settings);
  if (IMAGE_SIZES.indexOf(request.size) > IMAGE_SIZES.indexOf(settings.largestSize)) {
    throw refuse('size');
  }
  if (target.ephemeral && !settings.privateAllowed) throw refuse('private');
}

/**
 * A request with its prompt as it is stored, shown and sent: without anything that nobody sees.
 *
 * @throws Failure `limit` with `no_words` where that leaves nothing to make an image from.
 */
export function withReadPrompt(request: GenerationRequest): GenerationRequest {
  const prompt = readPrompt(request.prompt);
  // An enlargement asks by a click; the words of its picture may be erased by now.
  if (prompt === '' && request.intent !== 'enlarge') throw refuse('no_words');
  return prompt === request.prompt ? request : { ...request, prompt };
}

/** What a person is told of a prompt that does not pass, by the verdict on it. */
const WORD_PROBLEMS = {
  blocked: 'blocked_words',
  unreadable: 'unreadable_words',
  unchecked: 'unchecked_words',
} as const satisfies Record<Exclude<Verdict, 'clear'>, Problem<'limit'>>;

/**
 * Holds prompts, as they were typed, against the words that are blocked in a place. What cannot be
 * checked does not pass.
 *
 * @throws Failure `limit` with `blocked_words`, `unreadable_words` or `unchecked_words`.
 */
export async function checkWords(
  prompts: readonly string[],
  { guildId, userId }: Pick<ReplyTarget, 'guildId' | 'userId'>,
  settings: Pick<AppliedSettings, 'blockedWords'>,
  blockedWords: BlockedWords,
): Promise<void> {
  for (const prompt of new Set(prompts)) {
    const verdict = await blockedWords.judge(prompt, settings.blockedWords, guildId ?? userId);
    if (verdict !== 'clear') throw refuse(WORD_PROBLEMS[verdict]);
  }
}

/**
 * Whether a model may be used in a place.
 *
 * @throws Failure `limit`, with what is in the way in `details.problem`.
 */
export function checkModel(model: ModelKey, settings: AppliedSettings): void {
  if (settings.models.includes(model)) return;
  if (settings.models.length === 0) throw refuse('no_model');
  throw refuse(settings.unpriced.includes(model) ? 'no_price' : 'model');
}

/** Reference images that the models accept. */
export const MAX_REFERENCES = 14;

/**
 * Says what the model cannot take before it is asked, by what Discord says of the files.
 *
 * @throws Failure `reference`, naming the first file that is too much.
 */
export function checkReferences(references: readonly Reference[], maxBytes: number): void {
  let bytes = 0;
  for (const [index, reference] of references.entries()) {
    bytes += leastBytes(reference);
    const problem =
      index >= MAX_REFERENCES ? 'too_many' : bytes > maxBytes ? 'too_large_together' : null;
    if (problem === null) continue;
    throw new Failure('reference', `references: ${problem}`, {
      details: { problem, file: reference.name },
    });
  }
}

/** Why something is not allowed, for the person; `problem` picks the sentence. */
export function refuse(problem: Problem<'limit'>): Failure {
  return new Failure('limit', `not allowed: ${problem}`, { details: { problem } });
}
