export type PictureFormat = 'png' | 'jpeg' | 'webp';

/** A rectangle in pixels of the picture. */
export interface Frame {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A number as short as a path needs it. */
export function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The attributes of an SVG `rect` that covers the frame. */
export function box({ x, y, width, height }: Frame): string {
  return `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
}
