/** Primary result codes; https://sqlite.org/rescode.html. */
export const SQLITE_CODES = { busy: 5, readOnly: 8, ioError: 10, full: 13 } as const;

/** The primary result code of an error of `node:sqlite`; null for any other error. */
export function resultCode(error: unknown): number | null {
  // The lowest byte; the others tell cases of it apart.
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null;
}
