/**
 * Which files Discord's apps offer where a reference is asked for (`file_types`, at most 10): its
 * group of image extensions, and TIFF, which that group lacks. Names alone are checked there.
 */
export const REFERENCE_FILE_TYPES: ('image' | `.${string}`)[] = ['image', '.tif', '.tiff'];

/** The extensions of those: what Discord's documentation lists for `image`, and TIFF. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  ['png', 'gif', 'jpg', 'jpeg', 'jfif', 'webp', 'avif'].concat(['tif', 'tiff']),
);

const TYPES: ReadonlySet<string> = new Set(
  ['png', 'apng', 'gif', 'jpeg', 'jpg', 'pjpeg', 'webp', 'avif', 'tiff'].map(
    (name) => `image/${name}`,
  ),
);

/** What says nothing of a file. */
const ANY_TYPE = 'application/octet-stream';

/**
 * Whether a file can be a reference, by what Discord says of it; its bytes decide later. A file
 * with neither type nor extension can where Discord found out how many pixels it has.
 */
export function isReferenceFile(file: {
  name: string;
  contentType: string | null;
  hasPixels: boolean;
}): boolean {
  const type = file.contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && type !== ANY_TYPE) return TYPES.has(type);
  const dot = file.name.lastIndexOf('.');
  return dot < 0 ? file.hasPixels : EXTENSIONS.has(file.name.slice(dot + 1).toLowerCase());
}
