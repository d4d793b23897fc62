import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** SQLite's primary result codes. */
const SQLITE = { readOnly: 8, full: 13, cannotOpen: 14 } as const;

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', SQLITE.full]);
const UNWRITABLE: ReadonlySet<unknown> = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EEXIST'],
  ...[SQLITE.readOnly, SQLITE.cannotOpen],
]);

/**
 * Makes a folder, and those above it. Node's own `recursive` never ends where the system says that
 * a folder is not there in one that is (as in /proc), and hides that a file system is read-only.
 *
 * @throws what the system says of the first folder that cannot be made.
 */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/**
 * What is wrong with a folder that something could not be written to, and what to do; null for an
 * error that is not the folder's fault.
 */
export function explainFolderFault(folder: string, error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = codeOf(error);
  if (FULL.has(code)) return `the disk of ${folder} is full: make room on it`;
  if (!UNWRITABLE.has(code)) return null;
  const said = typeof code === 'string' ? code : error.message;
  return `${folder} cannot be used (${said}): DATA_DIR must be a folder that this user may write to`;
}

/** The system's code, or SQLite's. */
function codeOf(error: Error): unknown {
  if ('errcode' in error) return Number(error.errcode) & 0xff;
  return 'code' in error ? error.code : undefined;
}
