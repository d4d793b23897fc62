import type { Random } from './random.ts';

/** The light of a scene; colours are `#rrggbb`. */
export interface Palette {
  /** From the zenith down to the horizon. */
  sky: readonly [string, string, string];
  sun: string;
  /** The most distant layer, and the nearest one. */
  far: string;
  near: string;
  /** For small things that should be seen: windows, birds, a sail. */
  accent: string;
  night: boolean;
}

const PALETTES = {
  dawn: {
    sky: ['#3b4a7a', '#c98fa0', '#ffd9b0'],
    sun: '#fff1d0',
    far: '#b98a9b',
    near: '#2a2440',
    accent: '#ffe3a8',
    night: false,
  },
  ember: {
    sky: ['#43204f', '#c4473f', '#ffb35c'],
    sun: '#ffe9a6',
    far: '#b0523f',
    near: '#210f20',
    accent: '#ffd27a',
    night: false,
  },
  noon: {
    sky: ['#2f7fc1', '#7fbfe6', '#e4f3f2'],
    sun: '#ffffff',
    far: '#8fb8bf',
    near: '#1d4a4c',
    accent: '#ffefbd',
    night: false,
  },
  meadow: {
    sky: ['#6fb1c9', '#bfdcc9', '#f6f1cf'],
    sun: '#fffbe6',
    far: '#9dbf95',
    near: '#24482f',
    accent: '#f3c34b',
    night: false,
  },
  midnight: {
    sky: ['#060b24', '#14275a', '#3a5d94'],
    sun: '#f2f3e6',
    far: '#2c4577',
    near: '#050814',
    accent: '#ffd98a',
    night: true,
  },
  aurora: {
    sky: ['#071a2c', '#0f4f56', '#59b08f'],
    sun: '#e9fff1',
    far: '#24666a',
    near: '#04121a',
    accent: '#c4ffd2',
    night: true,
  },
  frost: {
    sky: ['#7d9fc0', '#bcd2e2', '#f3f6f8'],
    sun: '#ffffff',
    far: '#b9cbdb',
    near: '#334a63',
    accent: '#e2654f',
    night: false,
  },
  desert: {
    sky: ['#3f8fae', '#e3c9a0', '#ffe3b5'],
    sun: '#fff6da',
    far: '#e0a874',
    near: '#7a3a22',
    accent: '#fff0c9',
    night: false,
  },
  violet: {
    sky: ['#241a52', '#7a4f9c', '#f0a9b4'],
    sun: '#ffe6ee',
    far: '#8a65a6',
    near: '#160f33',
    accent: '#ffc9d8',
    night: false,
  },
  moss: {
    sky: ['#4a5d58', '#93a78f', '#e2e0bf'],
    sun: '#fbf6d9',
    far: '#8d9f84',
    near: '#18241d',
    accent: '#e0b35a',
    night: false,
  },
  silver: {
    sky: ['#3a3d42', '#8b9096', '#e5e5e1'],
    sun: '#fbfbf7',
    far: '#9a9ea2',
    near: '#141517',
    accent: '#f4f4f0',
    night: false,
  },
} as const satisfies Record<string, Palette>;

type PaletteName = keyof typeof PALETTES;

/** A prompt that names its light or its colour gets it. The first match counts. */
const BY_WORD: readonly (readonly [RegExp, PaletteName])[] = [
  [/black.?and.?white|monochrome|silver|gr[ae]y/i, 'silver'],
  [/night|midnight|moon|stars?\b|space/i, 'midnight'],
  [/aurora|northern|emerald/i, 'aurora'],
  [/snow|winter|ice|frost|arctic/i, 'frost'],
  [/sunset|fire|ember|lava|autumn|red/i, 'ember'],
  [/sunrise|dawn|morning|pink/i, 'dawn'],
  [/desert|dunes?|sand|gold|llama/i, 'desert'],
  [/purple|violet|magic|dream|neon/i, 'violet'],
  [/moss|forest|fog|mist/i, 'moss'],
  [/meadow|spring|garden|green|field/i, 'meadow'],
  [/noon|summer|beach|blue/i, 'noon'],
];

export function choosePalette(prompt: string, random: Random): Palette {
  const names = Object.keys(PALETTES) as [PaletteName, ...PaletteName[]];
  const byChance = random.pick(names);
  const name = BY_WORD.find(([pattern]) => pattern.test(prompt))?.[1] ?? byChance;
  return PALETTES[name];
}

/** The colour between two, 0 being the first. */
export function mix(from: string, to: string, share: number): string {
  const channel = (index: number): string => {
    const [a, b] = [from, to].map((colour) => Number.parseInt(colour.slice(index, index + 2), 16));
    const value = Math.round((a ?? 0) + ((b ?? 0) - (a ?? 0)) * share);
    return value.toString(16).padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
