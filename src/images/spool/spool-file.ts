import { type FileHandle, open, stat } from 'node:fs/promises';
import { Failure, type ImageFile } from '../../domain.ts';
import { extensionOf } from '../header/image-type.ts';
import { partName, type SpoolRole, wholeName } from './file-names.ts';
import type { SpoolFolder } from './spool-folder.ts';

/** One file on its way to disk. Exactly one of `finish` and `discard` ends it. */
export type SpoolFile = Pick<DiskFile, keyof DiskFile>;

export class DiskFile {
  readonly #folder: SpoolFolder;
  readonly #id: { owner: string; sequence: number };
  /** The name while bytes are still coming. */
  readonly #part: string;
  readonly #path: string;
  #bytes = 0;
  /** Set by the first `write`, gone with the end; `fill` needs none. */
  #handle: Promise<FileHandle> | undefined;
  /** The newest `write` or `fill`: once it has settled, nothing is under way. */
  #writing: Promise<void> = Promise.resolve();
  /** Set for good by the end; nothing is taken from then on. */
  #isEnded = false;

  constructor(folder: SpoolFolder, id: { owner: string; sequence: number }) {
    this.#folder = folder;
    this.#id = id;
    this.#part = partName(id.owner, id.sequence);
    this.#path = folder.pathOf(this.#part);
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends. The bytes must stay untouched until the promise settles, and the next write waits
   * for it: that wait is the back-pressure. Throws `Failure`: `no_space`, `internal`.
   */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#isEnded) {
      return Promise.reject(new Failure('internal', 'a write to an ended spool file'));
    }
    if (!this.#folder.hasRoomFor(bytes.length)) return Promise.reject(boundReached());
    this.#count(this.#bytes + bytes.length);
    this.#folder.unfinished.add(this.#part);
    this.#handle ??= open(this.#path, 'wx+', 0o600);
    this.#writing = append(bytes, this.#handle);
    return this.#writing;
  }

  /**
   * In place of `write`: something else writes the whole file at the path, natively perhaps, so
   * that its bytes never pass through this process's heap. They count once it is done. Rejects
   * with whatever the writer did, and with `Failure('no_space')` where the bound is passed.
   */
  fill(writer: (path: string) => Promise<unknown>): Promise<void> {
    if (this.#isEnded || this.#bytes > 0) {
      return Promise.reject(new Failure('internal', 'a spool file cannot be filled twice'));
    }
    this.#folder.unfinished.add(this.#part);
    this.#writing = this.#fill(writer);
    return this.#writing;
  }

  /**
   * Gives the file its final name once its type and size are read from its own bytes; a reference
   * that has to be converted has no size yet (0). Throws `Failure('bad_answer')` (details.problem
   * `not_an_image`) and removes it when it is no picture.
   */
  async finish(role: SpoolRole = 'image'): Promise<ImageFile> {
    if (this.#isEnded) throw new Failure('internal', 'a spool file was ended twice');
    try {
      await this.#writing;
      const handle = await this.#handle;
      const bytes = this.#bytes;
      const found = bytes > 0 ? await this.#folder.identify(this.#path, role, handle) : null;
      if (found === null) {
        throw new Failure('bad_answer', 'the bytes are not a picture', {
          details: { problem: 'not_an_image' },
        });
      }
      await this.#close();
      const name = wholeName({ ...this.#id, role }, extensionOf(found.mime));
      await this.#folder.rename(this.#part, name);
      this.#isEnded = true;
      return { path: this.#folder.pathOf(name), bytes, ...found };
    } catch (error) {
      await this.discard();
      throw error instanceof Failure ? error : diskFailure(error);
    }
  }

  /** Removes what was written. May be called at any time, any number of times. */
  async discard(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await this.#close();
    await this.#folder.remove(this.#part);
  }

  async #fill(writer: (path: string) => Promise<unknown>): Promise<void> {
    // Made here for its permissions; a writer keeps those of a file that is there.
    await (await open(this.#path, 'wx', 0o600)).close();
    try {
      await writer(this.#path);
    } finally {
      this.#count((await stat(this.#path)).size);
    }
    if (!this.#folder.hasRoomFor(0)) throw boundReached();
  }

  #count(bytes: number): void {
    this.#bytes = bytes;
    this.#folder.account(this.#part, bytes);
  }

  async #close(): Promise<void> {
    await this.#writing.catch(() => {});
    const handle = await this.#handle?.catch(() => undefined);
    await handle?.close();
    this.#handle = undefined;
  }
}

async function append(bytes: Uint8Array, opening: Promise<FileHandle>): Promise<void> {
  try {
    const handle = await opening;
    for (let done = 0; done < bytes.length; ) {
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
    }
  } catch (error) {
    throw diskFailure(error);
  }
}

function boundReached(): Failure {
  return new Failure('no_space', 'the spool has reached its bound');
}

/** A full disk is the operator's to mend; whatever else the disk says is a bug or a broken disk. */
function diskFailure(cause: unknown): Failure {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new Failure('no_space', `the disk is full (${code})`, { cause })
    : new Failure('internal', `the spool could not be written (${code ?? 'unknown'})`, { cause });
}
