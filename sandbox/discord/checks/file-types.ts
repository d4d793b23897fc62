import type { FormReport, Path } from './form-errors.ts';

/** Discord's groups of extensions; anything else is one extension, with its dot. */
const GROUPS: readonly string[] = ['image', 'video', 'audio'];
const EXTENSION = /^\.[a-z0-9][a-z0-9.]*$/i;

/** Adds what is wrong with `file_types`; the schema has seen to their number and length. */
export function checkFileTypes(
  types: readonly string[] | null | undefined,
  path: Path,
  report: FormReport,
): void {
  types?.forEach((type, index) => {
    if (GROUPS.includes(type) || EXTENSION.test(type)) return;
    const message = `Value must be one of (${GROUPS.join(', ')}) or an extension such as .png.`;
    report.add([...path, 'file_types', index], 'FILE_TYPE_INVALID', message);
  });
}
