import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import satori, { type Font } from 'satori';
import type { Dimensions } from '../catalogue.ts';

/** Stands on every picture, so that nobody takes one for the real model's work. */
export const MARK = 'sandbox picture, no model was asked';

const require = createRequire(import.meta.url);
/** Scripts that the package draws; the machine's own fonts are never used. */
const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese'] as const;

export interface Typesetter {
  /** An SVG of the given size, all text as paths. Characters that no font has are left out. */
  caption(text: CaptionText, size: Dimensions): Promise<string>;
}

export interface CaptionText {
  /** The prompt, cut with an ellipsis where it does not fit. */
  title: string;
  /** One line below it. */
  note: string;
}

/** Reads the fonts from `@fontsource/inter` once. */
export async function createTypesetter(): Promise<Typesetter> {
  const fonts = await loadFonts();
  const drawable = await drawableCharacters();

  const caption: Typesetter['caption'] = async ({ title, note }, { width, height }) => {
    const words = [...title].filter(drawable).join('').trim();
    const gap = height * 0.2;
    const element = {
      type: 'div',
      props: {
        style: {
          display: 'flex',
          width,
          height,
          alignItems: 'center',
          justifyContent: 'space-between',
          fontFamily: 'Inter',
          color: '#2b2724',
        },
        children: [
          block(words === '' ? '…' : words, {
            flexGrow: 1,
            flexShrink: 1,
            flexBasis: 0,
            fontSize: height * 0.32,
            lineHeight: 1.25,
            fontWeight: 600,
            lineClamp: 2,
            wordBreak: 'break-word',
            marginRight: gap,
          }),
          {
            type: 'div',
            props: {
              style: {
                display: 'flex',
                flexDirection: 'column',
                alignItems: 'flex-end',
                flexShrink: 0,
                fontSize: height * 0.23,
                color: '#857a70',
              },
              children: [block(MARK, {}), block(note, { marginTop: height * 0.06 })],
            },
          },
        ],
      },
    };
    return await satori(element as Parameters<typeof satori>[0], { width, height, fonts });
  };
  return { caption };
}

function block(text: string, style: Record<string, string | number>): object {
  return { type: 'div', props: { style: { display: 'block', ...style }, children: text } };
}

async function loadFonts(): Promise<Font[]> {
  const weights = [400, 600] as const;
  return await Promise.all(
    weights.flatMap((weight) =>
      SUBSETS.map(async (subset): Promise<Font> => {
        const path = require.resolve(
          `@fontsource/inter/files/inter-${subset}-${weight}-normal.woff`,
        );
        // Satori falls back from one font to the next by glyph when the names differ.
        const name = subset === 'latin' ? 'Inter' : `Inter ${subset}`;
        return { name, weight, style: 'normal', data: await readFile(path) };
      }),
    ),
  );
}

/** The package lists its scripts as CSS ranges: `{ "latin": "U+0000-00FF,U+0131,…" }`. */
async function drawableCharacters(): Promise<(character: string) => boolean> {
  const path = require.resolve('@fontsource/inter/unicode.json');
  const listed = JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
  const ranges = SUBSETS.flatMap((subset) => (listed[subset] ?? '').split(','))
    .filter((range) => range !== '')
    .map((range) => {
      const [low = '', high = low] = range.trim().replace('U+', '').split('-');
      return [Number.parseInt(low, 16), Number.parseInt(high, 16)] as const;
    });
  return (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= 0x20 && ranges.some(([low, high]) => code >= low && code <= high);
  };
}
