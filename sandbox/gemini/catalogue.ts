/**
 * What the local Gemini knows of the two models: ids, pixels, tokens. The sandbox keeps its own
 * table, so that a mistake in the bot's table shows instead of agreeing with itself.
 */

export type ModelFamily = 'flash' | 'pro';

export interface ModelEntry {
  id: string;
  family: ModelFamily;
  displayName: string;
  /** Preview ids are the ones that `[[gone]]` takes away; their successors stay. */
  preview: boolean;
}

export const MODELS: readonly ModelEntry[] = [
  {
    id: 'gemini-3.1-flash-image-preview',
    family: 'flash',
    displayName: 'Gemini 3.1 Flash Image Preview',
    preview: true,
  },
  {
    id: 'gemini-3.1-flash-image',
    family: 'flash',
    displayName: 'Gemini 3.1 Flash Image',
    preview: false,
  },
  {
    id: 'gemini-3-pro-image-preview',
    family: 'pro',
    displayName: 'Gemini 3 Pro Image Preview',
    preview: true,
  },
  { id: 'gemini-3-pro-image', family: 'pro', displayName: 'Gemini 3 Pro Image', preview: false },
];

/** Width and height in pixels at 1K, as Google's pages list them for both models. */
const PIXELS_AT_1K = {
  '1:1': [1024, 1024],
  '4:3': [1200, 896],
  '3:4': [896, 1200],
  '16:9': [1376, 768],
  '9:16': [768, 1376],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '21:9': [1584, 672],
} as const satisfies Record<string, readonly [number, number]>;

export type Ratio = keyof typeof PIXELS_AT_1K;
export const RATIOS = Object.keys(PIXELS_AT_1K) as [Ratio, ...Ratio[]];

/** `512` exists for Flash alone. The case matters: `1k` is refused. */
export const SIZES = ['512', '1K', '2K', '4K'] as const;
export type Size = (typeof SIZES)[number];

const SCALE = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 } as const satisfies Record<Size, number>;

export interface Dimensions {
  width: number;
  height: number;
}

export function pixels(ratio: Ratio, size: Size): Dimensions {
  const [width, height] = PIXELS_AT_1K[ratio];
  return { width: width * SCALE[size], height: height * SCALE[size] };
}

/** The ratio whose shape is closest to a given one: the model follows its input when none is asked. */
export function nearestRatio({ width, height }: Dimensions): Ratio {
  const distance = (ratio: Ratio): number => {
    const [w, h] = PIXELS_AT_1K[ratio];
    return Math.abs(Math.log(w / h) - Math.log(width / height));
  };
  return RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}

/** Tokens that Google's price pages give for one picture; 512 is not listed and taken as 1K's. */
const IMAGE_TOKENS = {
  pro: { '512': 1120, '1K': 1120, '2K': 1120, '4K': 2000 },
  flash: { '512': 1120, '1K': 1120, '2K': 1680, '4K': 2520 },
} as const satisfies Record<ModelFamily, Record<Size, number>>;

export function imageTokens(family: ModelFamily, size: Size): number {
  return IMAGE_TOKENS[family][size];
}

/** A reference picture's share of the prompt's tokens; Google bills Gemini 3 pictures this way. */
export const REFERENCE_TOKENS = 560;
