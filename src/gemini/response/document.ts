import { z } from 'zod';
import type { Usage } from '../../domain.ts';
import { type ProviderError, readProviderError } from '../errors/provider-error.ts';

/** One part of an answer, as it stood there. */
export interface Part {
  text: string;
  thought: boolean;
  /** `inlineData.data` or `fileData.fileUri`: a placeholder, base64, an address or a data URI. */
  source: string;
}

/** What one document of an answer says; every member is optional on the wire. */
export interface ModelDocument {
  parts: Part[];
  finishReason: string | null;
  finishMessage: string | null;
  /** '' where the prompt was blocked, and nothing says why. */
  blockReason: string | null;
  blockMessage: string | null;
  usage: Usage | null;
  /** Nothing but usage is how the provider's documents end a stream. */
  says: 'nothing' | 'usage' | 'more';
  error: ProviderError | null;
}

const text = z.string().nullish().catch(null);
const flag = z
  .union([
    z.boolean(),
    z.stringbool({ truthy: ['true'], falsy: ['false'] }),
    z.literal(1).transform(() => true),
  ])
  .nullish()
  .catch(null);
/** A count of tokens; whatever `readCount` does not take is unknown. */
const count = z.number().nullish().catch(null).transform(readCount);
const lenient = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape).nullish().catch(null);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).nullish().catch(null);

const documentSchema = z.object({
  candidates: list(
    lenient({
      content: lenient({
        parts: list(
          lenient({
            text,
            thought: flag,
            inlineData: lenient({ data: text }),
            fileData: lenient({ fileUri: text }),
          }),
        ),
      }),
      finishReason: text,
      finishMessage: text,
    }),
  ),
  promptFeedback: lenient({ blockReason: text, blockReasonMessage: text }),
  usageMetadata: lenient({
    promptTokenCount: count,
    candidatesTokenCount: count,
    thoughtsTokenCount: count,
    totalTokenCount: count,
    candidatesTokensDetails: list(lenient({ modality: text, tokenCount: count })),
  }),
});

/**
 * More tokens than any request can have, thoughts and pictures included: the largest context window
 * of the model family. A count above it would be billed at more than a whole day of real work.
 */
export const MAX_TOKENS = 1_048_576;

/** A whole number from 0 to `MAX_TOKENS`; anything else is unknown, and null. */
function readCount(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isInteger(value)) return null;
  return value >= 0 && value <= MAX_TOKENS && !Object.is(value, -0) ? value : null;
}

/** What a message turned out to be. */
export type ReadMessage =
  | { kind: 'documents'; documents: ModelDocument[] }
  /** `[DONE]`: gateways end a stream with it. */
  | { kind: 'done' }
  /** Blank, or a word that means nothing. */
  | { kind: 'nothing' }
  /** Begins like JSON and is none. */
  | { kind: 'broken' };

/** Reads one message. Unknown members and values pass; nothing in here throws. */
export function readMessage(message: { text: string; event: string | null }): ReadMessage {
  const trimmed = message.text.trim();
  if (trimmed === '[DONE]') return { kind: 'done' };
  if (!/^[[{]/.test(trimmed)) return { kind: 'nothing' };
  let json: unknown;
  try {
    json = JSON.parse(trimmed);
  } catch {
    return { kind: 'broken' };
  }
  const elements = Array.isArray(json) ? json : [json];
  const documents = elements.map((element) => readDocument(element, message.event === 'error'));
  return { kind: 'documents', documents };
}

function readDocument(json: unknown, isError: boolean): ModelDocument {
  const parsed = documentSchema.safeParse(unwrapped(toCamelCase(json)));
  const document = parsed.success ? parsed.data : {};
  const candidates = (document.candidates ?? []).filter((candidate) => candidate !== null);
  const last = candidates.findLast((candidate) => (candidate?.finishReason ?? '') !== '');
  const parts = candidates.flatMap((candidate) => candidate?.content?.parts ?? []);
  const error = readProviderError(json, isError);
  const usage = readUsage(document.usageMetadata);
  const { blockReason: block, blockReasonMessage: blockMessage } = document.promptFeedback ?? {};
  const blockReason = known(block, 'BLOCK_REASON_UNSPECIFIED') ?? (blockMessage ? '' : null);
  const isMore = candidates.length > 0 || error !== null || blockReason !== null;
  // Of what was made; a count of the prompt alone comes at any time.
  const madeTokens = document.usageMetadata?.candidatesTokenCount ?? 0;
  const isUsage = madeTokens > 0 && (usage?.totalTokens ?? 0) > 0;
  return {
    parts: parts.map((part) => ({
      text: part?.text ?? '',
      thought: part?.thought ?? false,
      source: part?.inlineData?.data || part?.fileData?.fileUri || '',
    })),
    finishReason: known(last?.finishReason, 'FINISH_REASON_UNSPECIFIED'),
    finishMessage: last?.finishMessage || null,
    blockReason,
    blockMessage: blockMessage || null,
    usage,
    says: isMore ? 'more' : isUsage ? 'usage' : 'nothing',
    error,
  };
}

/** Some gateways answer `{ response: { candidates: … } }`, as Google's own batches do. */
function unwrapped(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || 'candidates' in json) return json;
  const inner = 'response' in json ? json.response : null;
  return typeof inner === 'object' ? (inner ?? json) : json;
}

function known(value: string | null | undefined, unspecified: string): string | null {
  return value === unspecified ? null : value || null;
}

type UsageMetadata = z.output<typeof documentSchema>['usageMetadata'];

/**
 * Null when nothing was counted: `usageMetadata` may hold the traffic type alone, and gateways that
 * do not count send zeros.
 */
function readUsage(usage: UsageMetadata): Usage | null {
  if (usage == null) return null;
  const read = {
    promptTokens: usage.promptTokenCount ?? null,
    imageTokens: readImageTokens(usage),
    thoughtTokens: usage.thoughtsTokenCount ?? null,
    totalTokens: usage.totalTokenCount ?? null,
  };
  return Object.values(read).some((tokens) => tokens !== null && tokens > 0) ? read : null;
}

/**
 * What the details say of pictures, or else what they leave of all that was made. Details with an
 * unknown count say nothing of either.
 */
function readImageTokens(usage: NonNullable<UsageMetadata>): number | null {
  const details = usage.candidatesTokensDetails ?? [];
  const images = details.filter((row) => row?.modality === 'IMAGE');
  if (images.length > 0) return sumCounts(images);
  const all = usage.candidatesTokenCount ?? null;
  const others = sumCounts(details);
  return all === null || others === null ? null : Math.max(0, all - others);
}

function sumCounts(
  rows: readonly ({ tokenCount?: number | null } | null | undefined)[],
): number | null {
  const counts = rows.map((row) => row?.tokenCount ?? Number.NaN);
  return readCount(counts.reduce((sum, count) => sum + count, 0));
}

/**
 * Gateways that answer `inline_data` answer `finish_reason` as well: one spelling from here on. Some
 * write both, one of them null: a null says no more than a member that is missing.
 */
function toCamelCase(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(toCamelCase);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [
        name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        toCamelCase(value),
      ]),
  );
}
