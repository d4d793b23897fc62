import { randomUUID } from 'node:crypto';
import { imageTokens, type ModelEntry, REFERENCE_TOKENS, type Size } from './catalogue.ts';

/**
 * One response object of a stream. Files in it are placeholders, so that a 40 MB picture is never
 * one string; `writeBody` puts their base64 in their place.
 */
export interface ResponseChunk {
  body: Record<string, unknown>;
  files: ReadonlyMap<string, Buffer>;
  /** Whether it carries a picture that a client must take for a result. */
  result: boolean;
}

/** What is the same in every chunk of one answer. */
export interface ChunkContext {
  model: ModelEntry;
  responseId: string;
  createTime: string;
}

const TRAFFIC = { trafficType: 'ON_DEMAND' } as const;

/** A chunk of candidates in the shape of the provider's examples. */
export function candidateChunk(
  context: ChunkContext,
  parts: unknown,
  options: {
    finishReason?: string;
    finishMessage?: string;
    files?: Map<string, Buffer>;
    result?: boolean;
  } = {},
): ResponseChunk {
  const candidate = {
    content: { role: 'model', parts },
    ...(options.finishReason === undefined ? {} : { finishReason: options.finishReason }),
    ...(options.finishMessage === undefined ? {} : { finishMessage: options.finishMessage }),
    index: 0,
  };
  return {
    body: { candidates: [candidate], usageMetadata: TRAFFIC, ...stamp(context) },
    files: options.files ?? new Map(),
    result: options.result ?? false,
  };
}

/** A chunk without files whose members are given as they are. */
export function plainChunk(context: ChunkContext, members: Record<string, unknown>): ResponseChunk {
  return { body: { ...members, ...stamp(context) }, files: new Map(), result: false };
}

function stamp({ model, responseId, createTime }: ChunkContext): Record<string, unknown> {
  return { modelVersion: model.id, createTime, responseId };
}

/** Registers a file and gives the text that stands for its base64. */
export function placeholder(files: Map<string, Buffer>, file: Buffer): string {
  const name = `@@${randomUUID()}@@`;
  files.set(name, file);
  return name;
}

export interface Spent {
  prompt: string;
  references: number;
  thoughts: readonly string[];
  /** Text that is no thought. */
  answerText: string;
  size: Size;
  pictures: number;
}

/** The last usage of an answer; its numbers add up: prompt + candidates + thoughts = total. */
export function usageOf(model: ModelEntry, spent: Spent): Record<string, unknown> {
  const promptText = textTokens(spent.prompt);
  const promptImages = spent.references * REFERENCE_TOKENS;
  const image = imageTokens(model.family, spent.size) * spent.pictures;
  const answer = textTokens(spent.answerText);
  const thoughts = spent.thoughts.reduce((sum, thought) => sum + textTokens(thought), 0);
  const prompt = promptText + promptImages;
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: image + answer,
    totalTokenCount: prompt + image + answer + thoughts,
    ...TRAFFIC,
    promptTokensDetails: details({ TEXT: promptText, IMAGE: promptImages }),
    candidatesTokensDetails: details({ IMAGE: image, TEXT: answer }),
    thoughtsTokenCount: thoughts,
  };
}

/** Four characters a token, as Google's documentation estimates. */
function textTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

function details(counts: Record<string, number>): { modality: string; tokenCount: number }[] {
  return Object.entries(counts)
    .filter(([, tokenCount]) => tokenCount > 0)
    .map(([modality, tokenCount]) => ({ modality, tokenCount }));
}

/** What `generateContent` answers: one object, all parts in one candidate, the last usage. */
export function mergeChunks(chunks: readonly ResponseChunk[]): ResponseChunk {
  const merged: Record<string, unknown> = {};
  const parts: unknown[] = [];
  const candidate: Record<string, unknown> = {};
  const files = new Map<string, Buffer>();
  for (const chunk of chunks) {
    for (const [name, file] of chunk.files) files.set(name, file);
    const { candidates, ...members } = chunk.body;
    Object.assign(merged, members);
    const first: unknown = Array.isArray(candidates) ? candidates[0] : undefined;
    if (!isRecord(first)) continue;
    const { content, ...rest } = first;
    Object.assign(candidate, rest);
    if (isRecord(content) && Array.isArray(content['parts'])) parts.push(...content['parts']);
  }
  const filled = Object.keys(candidate).length > 0 || parts.length > 0;
  const body = filled
    ? { candidates: [{ content: { role: 'model', parts }, ...candidate }], ...merged }
    : merged;
  return { body, files, result: chunks.some(({ result }) => result) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
