import type { GenerationRequest, ImageSize, ModelKey, Usage } from '../domain.ts';

/** What a model's tokens cost, in dollars for a million of them. */
export interface TokenPrices {
  /** The prompt, with its reference pictures. */
  input: number;
  /** Words and thinking. */
  text: number;
  image: number;
}

/** null for a model whose prices are not known. */
export type Prices = Record<ModelKey, TokenPrices | null>;

/** Image tokens of a picture, as Google documents them. */
const IMAGE_TOKENS: Record<ModelKey, Record<ImageSize, number>> = {
  flash: { '1K': 1_120, '2K': 1_680, '4K': 2_520 },
  pro: { '1K': 1_120, '2K': 1_120, '4K': 2_000 },
};

/** What a request usually takes beyond its picture; generous, because it is a reservation. */
const USUAL = { charsPerToken: 3, referenceTokens: 1_120, textTokens: 1_500 } as const;

/** Whether a request told so much of its tokens that its cost is known, given prices. */
export function isAccountedFor(usage: Usage | null): usage is Usage {
  return usage !== null && (usage.totalTokens !== null || usage.imageTokens !== null);
}

/** The tokens of several requests together; what none of them told stays unknown. */
export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null || b === null) return a ?? b;
  return {
    promptTokens: addKnown(a.promptTokens, b.promptTokens),
    imageTokens: addKnown(a.imageTokens, b.imageTokens),
    thoughtTokens: addKnown(a.thoughtTokens, b.thoughtTokens),
    totalTokens: addKnown(a.totalTokens, b.totalTokens),
  };
}

/** The sum of what is known; null where nothing is. */
export function addKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}

/**
 * What a generation costs, in millionths of a dollar. (Tokens times dollars for a million tokens
 * are millionths of a dollar.) null when the price or the usage is not known.
 */
export function costMicros(model: ModelKey, usage: Usage | null, prices: Prices): number | null {
  const price = prices[model];
  if (price === null || !isAccountedFor(usage)) return null;
  const { promptTokens, imageTokens, thoughtTokens, totalTokens } = usage;
  const input = promptTokens ?? 0;
  const image = imageTokens ?? 0;
  // The model's words are in the total only; on refusals the parts may add up to more than it.
  const total = totalTokens ?? input + image + (thoughtTokens ?? 0);
  const text = Math.max(thoughtTokens ?? 0, total - input - image, 0);
  return Math.round(input * price.input + text * price.text + image * price.image);
}

/** What to reserve for a request before it is sent, in millionths of a dollar; 0 without prices. */
export function estimateCostMicros(
  { model, size, prompt, references }: GenerationRequest,
  prices: Prices,
): number {
  const promptTokens =
    Math.ceil(prompt.length / USUAL.charsPerToken) + references.length * USUAL.referenceTokens;
  const imageTokens = IMAGE_TOKENS[model][size];
  const thoughtTokens = USUAL.textTokens;
  const totalTokens = promptTokens + imageTokens + thoughtTokens;
  return costMicros(model, { promptTokens, imageTokens, thoughtTokens, totalTokens }, prices) ?? 0;
}
