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

/**
 * What a generation costs, in millionths of a dollar. (Tokens times dollars for a million tokens
 * are millionths of a dollar.) null when the price or the usage is not known.
 */
export function costMicros(model: ModelKey, usage: Usage | null, prices: Prices): number | null {
  const price = prices[model];
  if (price === null || usage === null) return null;
  const { promptTokens, imageTokens, thoughtTokens, totalTokens } = usage;
  if (totalTokens === null && imageTokens === null) return null;
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
