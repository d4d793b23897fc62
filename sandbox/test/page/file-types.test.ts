import { describe, expect, it } from 'vitest';

/** The page's modules are plain JavaScript; this one needs no browser. */
const module = new URL('../../page/browser/file-types.js', import.meta.url).href;
const { acceptOf, takesFile } = (await import(module)) as {
  acceptOf(types: string[] | undefined): string | null;
  takesFile(types: string[] | undefined, name: string): boolean;
};

describe('the page’s file fields', () => {
  it('take files by their names alone, as Discord’s apps do', () => {
    const types = ['image', '.tif', '.tiff'];
    for (const name of ['a.png', 'A.JPG', 'a.jfif', 'a.avif', 'scan.tiff', 'a.b.webp']) {
      expect(takesFile(types, name)).toBe(true);
    }
    for (const name of ['a.heic', 'a.svg', 'png', 'a.png.txt', 'a.mp4']) {
      expect(takesFile(types, name)).toBe(false);
    }
    expect(takesFile(['video'], 'a.mp4')).toBe(true);
  });

  it('take every file where the bot does not say which', () => {
    expect(takesFile(undefined, 'a.heic')).toBe(true);
    expect(acceptOf(undefined)).toBeNull();
  });

  it('offer those in the browser’s dialog', () => {
    expect(acceptOf(['image', '.tif'])).toBe('.png,.gif,.jpg,.jpeg,.jfif,.webp,.avif,.tif');
  });
});
