import type { Logger } from 'pino';
import type { FailureKind, Problem } from '../domain.ts';
import type { BotEvent, GenerationEnded } from '../events.ts';

/** Failures that only the operator can mend, by kind or problem. */
const FOR_THE_OPERATOR: ReadonlySet<FailureKind | Problem | undefined> = new Set([
  'internal',
  'misconfigured',
  'no_space',
  'send_failed',
  'daily_limit',
] as const);

/** Writes a line for each event that has one; the others are for the metrics alone. */
export function createEventLog(log: Logger): (event: BotEvent) => void {
  const gate = log.child({ module: 'gate' });
  const gemini = log.child({ module: 'gemini' });
  const generation = log.child({ module: 'generation' });

  return (event) => {
    switch (event.type) {
      case 'interaction_answered': {
        const { kind, ms, interaction } = event;
        if (kind !== 'direct' && kind !== 'autocomplete') {
          gate.info({ ...interaction, ms: Math.round(ms) }, 'acknowledged');
        }
        return;
      }
      case 'run_started': {
        const { type, ...fields } = event;
        return generation.info(fields, 'started');
      }
      case 'model_attempt_ended': {
        const { id, outcome: kind, status, attempt, modelId: model, bytes, ms } = event;
        return gemini.info({ id, kind, status, attempt, model, bytes, ms }, 'attempt');
      }
      case 'first_thought': {
        const { id, model, size, sinceAskedMs: ms } = event;
        return generation.info({ id, model, size, ms }, 'first thought');
      }
      case 'image_received': {
        const { type, sinceAskedMs: ms, sinceStartMs, ...fields } = event;
        return generation.info({ ...fields, ms }, 'image received');
      }
      case 'generation_ended':
        return logEnd(event, generation);
    }
  };
}

/** One line for an end: an error where only the operator can mend what went wrong. */
function logEnd({ type, failure, delivered, usage, ...facts }: GenerationEnded, log: Logger): void {
  const tokens = usage?.totalTokens ?? null;
  const { status, reason, problem } = failure?.details ?? {};
  const fields = { ...facts, tokens, ...delivered, kind: failure?.kind, problem, status, reason };
  if (failure && (FOR_THE_OPERATOR.has(failure.kind) || FOR_THE_OPERATOR.has(problem))) {
    log.error({ ...fields, ...(failure instanceof Error && { err: failure }) }, 'ended');
  } else log.info(fields, 'ended');
}
