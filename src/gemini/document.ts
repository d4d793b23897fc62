import { z } from 'zod';
import type { Usage } from '../domain.ts';
import { type ProviderError, readProviderError } from './provider-error.ts';

/** One part of an answer, as it stood there. */
export interface Part {
  text: string;
  thought: boolean;
  /** `inlineData.data` or `fileData.fileUri`: a handle, an address or a data URI. */
  source: string;
}

/** What one document of an answer says; every member is optional on the wire. */
export interface ModelDocument {
  parts: Part[];
  finishReason: string | null;
  finishMessage: string | null;
  blockReason: string | null;
  blockMessage: string | null;
  usage: Usage | null;
  /** Nothing but usage: how the provider's documents end a stream. */
  usageOnly: boolean;
  error: ProviderError | null;
}

const text = z.string().nullish().catch(null);
const flag = z
  .union([z.boolean(), z.literal('true').transform(() => true)])
  .nullish()
  .catch(null);
const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(null);
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

/** What a message turned out to be. */
export type ReadMessage =
  | { kind: 'documents'; documents: ModelDocument[] }
  /** Blank, `[DONE]`, or a word that means nothing. */
  | { kind: 'nothing' }
  /** Begins like JSON and is none. */
  | { kind: 'broken' };

/** Reads one message. Unknown members and values pass; nothing in here throws. */
export function readMessage(message: { text: string; event: string | null }): ReadMessage {
  const trimmed = message.text.trim();
  if (trimmed === '[DONE]' || !/^[[{]/.test(trimmed)) return { kind: 'nothing' };
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
  const parsed = documentSchema.safeParse(toCamelCase(json));
  const document = parsed.success ? parsed.data : {};
  const candidates = (document.candidates ?? []).filter((candidate) => candidate !== null);
  const last = candidates.findLast((candidate) => (candidate?.finishReason ?? '') !== '');
  const parts = candidates.flatMap((candidate) => candidate?.content?.parts ?? []);
  const error = readProviderError(json, isError);
  const usage = readUsage(document.usageMetadata);
  return {
    parts: parts.map((part) => ({
      text: part?.text ?? '',
      thought: part?.thought ?? false,
      source: part?.inlineData?.data || part?.fileData?.fileUri || '',
    })),
    finishReason: known(last?.finishReason, 'FINISH_REASON_UNSPECIFIED'),
    finishMessage: last?.finishMessage || null,
    blockReason: known(document.promptFeedback?.blockReason, 'BLOCK_REASON_UNSPECIFIED'),
    blockMessage: document.promptFeedback?.blockReasonMessage || null,
    usage,
    usageOnly: candidates.length === 0 && usage?.totalTokens != null && error === null,
    error,
  };
}

function known(value: string | null | undefined, unspecified: string): string | null {
  return value === unspecified ? null : value || null;
}

type UsageMetadata = z.output<typeof documentSchema>['usageMetadata'];

/** Null when no count stands there: `usageMetadata` may hold the traffic type alone. */
function readUsage(usage: UsageMetadata): Usage | null {
  if (usage == null) return null;
  const images = (usage.candidatesTokensDetails ?? []).filter((row) => row?.modality === 'IMAGE');
  const imageTokens =
    images.length > 0
      ? images.reduce((sum, row) => sum + (row?.tokenCount ?? 0), 0)
      : (usage.candidatesTokenCount ?? null);
  const read = {
    promptTokens: usage.promptTokenCount ?? null,
    imageTokens,
    thoughtTokens: usage.thoughtsTokenCount ?? null,
    totalTokens: usage.totalTokenCount ?? null,
  };
  return Object.values(read).some((tokens) => tokens !== null) ? read : null;
}

/** Gateways that answer `inline_data` answer `finish_reason` as well: one spelling from here on. */
function toCamelCase(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(toCamelCase);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      toCamelCase(value),
    ]),
  );
}
