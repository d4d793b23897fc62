import sharp from 'sharp';

/** Makes a picture in each type that Darkroom reads or writes; returns the libraries' versions. */
export async function checkCodecs(): Promise<string> {
  const source = sharp({ create: { width: 16, height: 16, channels: 3, background: '#c92a2a' } });
  for (const format of ['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const) {
    await sharp(await source.clone().toFormat(format).toBuffer()).stats();
  }
  return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
}
