import { MODEL_LABELS } from '../domain.ts';
import type { StoredGeneration, StoredReply } from '../store/store.ts';
import { visible } from '../terminal.ts';
import { exactMoneyText } from '../texts/amounts.ts';

/** Columns that the names of the facts take. */
const INDENT = 12;

/**
 * What the store knows of a generation, for an operator's eyes: one line a fact.
 *
 * @param words Adds the prompt, and what the model thought; null leaves both out.
 */
export function formatTimeline(
  generation: StoredGeneration,
  reply: StoredReply,
  words: { transcript: string | null } | null,
): string {
  const { id, model, size, request } = generation;
  const ratio = request?.ratio ?? 'ratio of its input';
  const lines = [
    `Generation ${id}: ${generation.state}`,
    `  reply       ${reply.id}, /${reply.command}, picture ${generation.position + 1} of ${reply.generations.length}${reply.ephemeral ? ', private' : ''}`,
    `  where       ${whereOf(reply)}`,
    `  asked for   ${MODEL_LABELS[model]}, ${size}, ${request === null ? 'the rest was erased' : ratio}`,
    ...formatReferences(generation),
    ...(reply.origin === null
      ? []
      : [`  made from   ${reply.origin.generationId} of reply ${reply.origin.replyId}`]),
    '',
    ...formatMoments(generation, reply),
    '',
    ...formatEnd(generation),
  ];
  if (words !== null) {
    lines.push('', ...formatWords('prompt', request?.prompt ?? 'erased'));
    lines.push(...formatWords('thinking', words.transcript?.trim() ?? 'none kept'));
  }
  // Names, words and reasons are other people's: none of them may steer the terminal.
  return `${lines.map((line) => visible(line)).join('\n')}\n`;
}

/** A text of several lines, each of them indented: none looks like a fact. */
function formatWords(name: string, text: string): string[] {
  return text
    .split(/\r\n|\n/)
    .map((line, index) => `  ${(index === 0 ? name : '').padEnd(INDENT)}${line}`);
}

function whereOf({ userId, guildId, channelId, messageId }: StoredReply): string {
  const place = guildId === null ? 'a direct message' : `server ${guildId}`;
  return `user ${userId}, ${place}, channel ${channelId ?? '?'}, message ${messageId ?? 'not known'}`;
}

function formatReferences({ request }: StoredGeneration): string[] {
  return (request?.references ?? []).map(
    (reference) =>
      `  reference   ${reference.contentType ?? 'unknown type'}, ${reference.bytes === null ? 'unknown size' : size(reference.bytes)}${reference.kind === 'picture' ? `, the picture of ${reference.generationId}` : ''}`,
  );
}

/** Each moment with how long after the request it was. */
function formatMoments(generation: StoredGeneration, reply: StoredReply): string[] {
  const { createdAt, startedAt, firstAttemptAt, receivedAt, concludedAt } = generation;
  const { runs, attempts, deliveryAttempts, image } = generation;
  const moments: [at: number | null, what: string][] = [
    [createdAt, `asked, at ${new Date(createdAt).toISOString()}`],
    [firstAttemptAt, `first request to the model; ${attempts} in all`],
    [startedAt, runs > 1 ? `run ${runs} began, after restarts` : 'its run began'],
    [
      receivedAt,
      image === null
        ? 'the picture was whole'
        : `the picture was whole: ${image.width}×${image.height}, ${image.mime}, ${size(image.bytes)}`,
    ],
    [
      concludedAt,
      `ended as ${generation.state}; deliveries begun and not put off: ${deliveryAttempts}`,
    ],
    [reply.settledAt, 'the reply was settled, and its token erased'],
    [reply.erasedAt, 'what the person wrote was erased'],
  ];
  return moments
    .flatMap(([at, what]) => (at === null ? [] : [{ at, what }]))
    .sort((a, b) => a.at - b.at)
    .map(({ at, what }) => `  +${((at - createdAt) / 1_000).toFixed(1).padStart(7)} s  ${what}`);
}

function formatEnd({ attachment, failure, usage, costMicros }: StoredGeneration): string[] {
  const lines: string[] = [];
  if (attachment !== null) {
    lines.push(`  on Discord  ${attachment.name}, ${attachment.mime}, ${size(attachment.bytes)}`);
  }
  if (failure !== null) {
    const { problem, reason, status, words } = failure.details;
    const more = [problem, reason, status && `HTTP ${status}`, words && `“${words}”`];
    lines.push(`  failure     ${[failure.kind, ...more].filter(Boolean).join(', ')}`);
  }
  const count = (tokens: number | null | undefined) => tokens ?? '?';
  lines.push(
    usage === null
      ? '  tokens      not known'
      : `  tokens      ${count(usage.promptTokens)} prompt, ${count(usage.imageTokens)} image, ${count(usage.thoughtTokens)} thinking, ${count(usage.totalTokens)} total`,
    `  cost        ${costMicros === null ? 'not known' : exactMoneyText(costMicros)}`,
  );
  return lines;
}

function size(bytes: number): string {
  return bytes < 1_000_000
    ? `${Math.ceil(bytes / 1_000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
