import type { Selectable } from 'kysely';
import {
  ASPECT_RATIOS,
  type GenerationState,
  IMAGE_SIZES,
  MODEL_LABELS,
  REQUEST_COMMANDS,
  type Usage,
} from '../../domain.ts';
import { utcDay } from '../quota/days.ts';
import type {
  GenerationCost,
  NewReply,
  ReplyFacts,
  StoredGeneration,
  StoredReply,
} from '../types.ts';
import {
  parseAttachment,
  parseFailure,
  parseImageFile,
  parseReferences,
  parseReplyTarget,
  serializeReferences,
} from './json.ts';
import { reservable, whole, wholeCost } from './numbers.ts';
import type { GenerationsTable, RepliesTable, StoredState } from './schema.ts';

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
    reference_files: serializeReferences(request.references, request.intent),
    day: utcDay(reply.createdAt),
    created_at: reply.createdAt,
    runs: 0,
    attempts: 0,
    accounted_attempts: 0,
    delivery_attempts: 0,
    held_pictures: 1,
    held_cost_micros: reservable(reservedCostMicros),
  }));
}

export function toReply(
  row: Selectable<RepliesTable>,
  generations: Selectable<GenerationsTable>[],
): StoredReply {
  const target = parseReplyTarget(row.target);
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
    // What cannot be read goes on from a picture in no way that is known.
    command: REQUEST_COMMANDS.find((command) => command === row.command) ?? 'edit',
    userId: row.user_id,
    guildId: row.guild_id,
    channelId: row.channel_id,
    messageId: row.message_id,
    ephemeral: row.ephemeral === 1,
    origin: replyId === null || generationId === null ? null : { replyId, generationId },
    createdAt: whole(row.created_at) ?? 0,
    settledAt: row.settled_at,
    erasedAt: row.erased_at,
  };
}

/**
 * Reads a row whatever it holds: what is only told of the generation is unknown where it cannot be
 * read, and `damaged` says that it is something that the generation cannot go on without.
 */
export function toGeneration(row: Selectable<GenerationsTable>): StoredGeneration {
  const stored = parseReferences(row.reference_files);
  const isErased = row.prompt === null || row.reference_files === null;
  const model = Object.hasOwn(MODEL_LABELS, row.model) ? row.model : 'flash';
  const size = IMAGE_SIZES.includes(row.size) ? row.size : '1K';
  const ratio = row.ratio === null || ASPECT_RATIOS.includes(row.ratio) ? row.ratio : null;
  const prompt = String(row.prompt);
  const { references, intent } = stored ?? { references: [], intent: null };
  // Before it was written down, a ratio was left to the model by edits alone.
  const unmarked = references.length > 0 && ratio === null ? 'edit' : 'imagine';
  const counts = { runs: whole(row.runs), attempts: whole(row.attempts) };
  const createdAt = whole(row.created_at);
  const damaged =
    (!isErased && (stored === null || typeof row.prompt !== 'string')) ||
    [model, size, ratio].join() !== [row.model, row.size, row.ratio].join() ||
    [createdAt, counts.runs, counts.attempts].includes(null) ||
    !Object.hasOwn(STATES, row.state);
  return {
    id: row.id,
    replyId: row.reply_id,
    position: row.position,
    userId: row.user_id,
    state: Object.hasOwn(STATES, row.state) ? STATES[row.state] : 'interrupted',
    model,
    size,
    request: isErased
      ? null
      : { intent: intent ?? unmarked, prompt, model, ratio, size, references },
    createdAt: createdAt ?? 0,
    startedAt: whole(row.started_at),
    runs: counts.runs ?? 0,
    attempts: counts.attempts ?? 0,
    firstAttemptAt: whole(row.first_attempt_at),
    receivedAt: whole(row.developed_at),
    deliveryAttempts: whole(row.delivery_attempts) ?? 0,
    concludedAt: whole(row.concluded_at),
    image: parseImageFile(row.image),
    attachment: parseAttachment(row.attachment),
    usage: toUsage(row),
    costMicros: wholeCost(row.cost_micros),
    heldCostMicros: wholeCost(row.held_cost_micros) ?? 0,
    failure: row.failure_kind === null ? null : parseFailure(row.failure_kind, row.failure_details),
    damaged,
  };
}

type UsageColumns = Pick<
  GenerationsTable,
  'prompt_tokens' | 'image_tokens' | 'thought_tokens' | 'total_tokens'
>;

/** null where the model said nothing at all. */
export function toUsage(row: UsageColumns): Usage | null {
  const usage = {
    promptTokens: whole(row.prompt_tokens),
    imageTokens: whole(row.image_tokens),
    thoughtTokens: whole(row.thought_tokens),
    totalTokens: whole(row.total_tokens),
  };
  return Object.values(usage).every((tokens) => tokens === null) ? null : usage;
}

/** What came from outside, as the database may hold it. */
export function costColumns({
  usage,
  costMicros,
}: GenerationCost): UsageColumns & Pick<GenerationsTable, 'cost_micros'> {
  return {
    prompt_tokens: whole(usage?.promptTokens),
    image_tokens: whole(usage?.imageTokens),
    thought_tokens: whole(usage?.thoughtTokens),
    total_tokens: whole(usage?.totalTokens),
    cost_micros: wholeCost(costMicros),
  };
}

/** The database's `developed` is `received` in code; its columns `developed_at` and `develop_ms` go with it. */
const STATES = {
  queued: 'queued',
  running: 'running',
  developed: 'received',
  delivered: 'delivered',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
} as const satisfies Record<StoredState, GenerationState>;
