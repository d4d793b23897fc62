import type { Selectable } from 'kysely';
import type { FailureDetails, ImageFile, Reference, ReplyTarget, Usage } from '../domain.ts';
import { utcDay } from './days.ts';
import type { GenerationsTable, RepliesTable } from './schema.ts';
import type {
  DeliveredAttachment,
  NewReply,
  ReplyFacts,
  StoredGeneration,
  StoredReply,
} from './types.ts';

/** What a new reply is in the tables. */
export function replyRow(reply: NewReply): RepliesTable {
  const { target, origin } = reply;
  return {
    id: reply.id,
    command: reply.command,
    user_id: target.userId,
    guild_id: target.guildId,
    channel_id: target.channelId,
    message_id: target.messageId,
    ephemeral: target.ephemeral ? 1 : 0,
    target: JSON.stringify(target),
    origin_reply_id: origin?.replyId ?? null,
    origin_generation_id: origin?.generationId ?? null,
    created_at: reply.createdAt,
    settled_at: null,
    erased_at: null,
  };
}

/** What the generations of a new reply are in the tables; the rest of their columns begin empty. */
export function generationRows(reply: NewReply) {
  return reply.generations.map(({ id, request, reservedCostMicros }, position) => ({
    id,
    reply_id: reply.id,
    position,
    user_id: reply.target.userId,
    guild_id: reply.target.guildId,
    state: 'queued' as const,
    model: request.model,
    ratio: request.ratio,
    size: request.size,
    prompt: request.prompt,
    reference_files: JSON.stringify(request.references),
    day: utcDay(reply.createdAt),
    created_at: reply.createdAt,
    runs: 0,
    attempts: 0,
    delivery_attempts: 0,
    held_pictures: 1,
    held_cost_micros: reservedCostMicros,
  }));
}

export function toReply(
  row: Selectable<RepliesTable>,
  generations: Selectable<GenerationsTable>[],
): StoredReply {
  const target = fromJson<ReplyTarget>(row.target);
  return {
    ...toReplyFacts(row),
    // The message became known after the target was written, and who sees it.
    target:
      target === null
        ? null
        : { ...target, messageId: row.message_id, ephemeral: row.ephemeral === 1 },
    generations: generations.map(toGeneration),
  };
}

export function toReplyFacts(row: Omit<Selectable<RepliesTable>, 'target'>): ReplyFacts {
  const { origin_reply_id: replyId, origin_generation_id: generationId } = row;
  return {
    id: row.id,
    command: row.command,
    userId: row.user_id,
    guildId: row.guild_id,
    channelId: row.channel_id,
    messageId: row.message_id,
    ephemeral: row.ephemeral === 1,
    origin: replyId === null || generationId === null ? null : { replyId, generationId },
    createdAt: row.created_at,
    settledAt: row.settled_at,
    erasedAt: row.erased_at,
  };
}

export function toGeneration(row: Selectable<GenerationsTable>): StoredGeneration {
  const references = fromJson<Reference[]>(row.reference_files);
  const { prompt, model, ratio, size } = row;
  return {
    id: row.id,
    replyId: row.reply_id,
    position: row.position,
    userId: row.user_id,
    state: row.state,
    model,
    size,
    request:
      prompt === null || references === null ? null : { prompt, model, ratio, size, references },
    createdAt: row.created_at,
    startedAt: row.started_at,
    runs: row.runs,
    attempts: row.attempts,
    firstAttemptAt: row.first_attempt_at,
    developedAt: row.developed_at,
    deliveryAttempts: row.delivery_attempts,
    concludedAt: row.concluded_at,
    image: fromJson<ImageFile>(row.image),
    attachment: fromJson<DeliveredAttachment>(row.attachment),
    usage: toUsage(row),
    costMicros: row.cost_micros,
    heldCostMicros: row.held_cost_micros,
    failure:
      row.failure_kind === null
        ? null
        : { kind: row.failure_kind, details: fromJson<FailureDetails>(row.failure_details) ?? {} },
  };
}

type UsageColumns = Pick<
  GenerationsTable,
  'prompt_tokens' | 'image_tokens' | 'thought_tokens' | 'total_tokens'
>;

/** null where the model said nothing at all. */
export function toUsage(row: UsageColumns): Usage | null {
  const usage = {
    promptTokens: row.prompt_tokens,
    imageTokens: row.image_tokens,
    thoughtTokens: row.thought_tokens,
    totalTokens: row.total_tokens,
  };
  return Object.values(usage).every((tokens) => tokens === null) ? null : usage;
}

export function usageColumns(usage: Usage | null): UsageColumns {
  return {
    prompt_tokens: usage?.promptTokens ?? null,
    image_tokens: usage?.imageTokens ?? null,
    thought_tokens: usage?.thoughtTokens ?? null,
    total_tokens: usage?.totalTokens ?? null,
  };
}

/** Only for what this room wrote itself. */
function fromJson<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
