import type { ImageFile } from '../../domain.ts';
import { extensionOf } from '../header/image-type.ts';
import { checkOwner, type SpoolRole, wholeName } from './file-names.ts';
import { DiskFile, type SpoolFile } from './spool-file.ts';
import { SpoolFolder, type SpoolOptions } from './spool-folder.ts';

export type { SpoolRole } from './file-names.ts';
export type { SpoolFile } from './spool-file.ts';

/** Pictures on disk, within a bound. A file has its final name only when it is whole. */
export type Spool = Pick<DiskSpool, keyof DiskSpool>;

/**
 * No fsync anywhere: a killed process loses nothing that was written, and a machine that loses
 * power asks for its pictures again.
 */
export class DiskSpool {
  readonly #folder: SpoolFolder;

  /** Counts what is there. */
  constructor(options: SpoolOptions) {
    this.#folder = new SpoolFolder(options);
  }

  /** Bytes on disk, unfinished files included. */
  get usedBytes(): number {
    return this.#folder.usedBytes;
  }

  /** `owner` is the generation's id. Nothing touches the disk before the first write. */
  open(owner: string): SpoolFile {
    checkOwner(owner);
    return new DiskFile(this.#folder, { owner, sequence: ++this.#folder.lastSequence });
  }

  /** Removes a whole file; one that is gone already is no error. */
  async remove({ path }: Pick<ImageFile, 'path'>): Promise<void> {
    await this.#folder.remove(this.#folder.nameOf(path).name);
  }

  /** Renames a whole file for what it turned out to be: a draft may become the result. */
  async assign(image: ImageFile, role: SpoolRole): Promise<ImageFile> {
    const { name, owner, sequence } = this.#folder.nameOf(image.path);
    const wanted = wholeName({ owner, sequence, role }, extensionOf(image.mime));
    if (wanted !== name) await this.#folder.rename(name, wanted);
    return { ...image, path: this.#folder.pathOf(wanted) };
  }

  /** Whole files of an owner, oldest first: what a killed process left behind. */
  async find(owner: string): Promise<{ image: ImageFile; role: SpoolRole }[]> {
    checkOwner(owner);
    const found: { image: ImageFile; role: SpoolRole }[] = [];
    for (const { name, role, ...file } of await this.#folder.list()) {
      if (file.owner !== owner || role === null) continue;
      const path = this.#folder.pathOf(name);
      const identity = await this.#folder.identify(path, role).catch(nullWhereGone);
      if (identity === null) continue;
      found.push({ image: { path, bytes: this.#folder.sizeOf(name), ...identity }, role });
    }
    return found;
  }

  /** The picture of an owner as the model made it; null where it is not on disk, or not any more. */
  async findWhole(owner: string): Promise<ImageFile | null> {
    return (await this.find(owner)).findLast(({ role }) => role === 'image')?.image ?? null;
  }

  /** Whose whole files are on disk, each once. */
  async owners(): Promise<string[]> {
    const whole = (await this.#folder.list()).filter(({ role }) => role !== null);
    return [...new Set(whole.map(({ owner }) => owner))];
  }

  /**
   * Removes the whole files whose owner is not to be kept, and the unfinished ones that an earlier
   * process left.
   */
  async sweep(keep: (owner: string) => boolean): Promise<void> {
    for (const { name, owner, role } of await this.#folder.list()) {
      const isWanted = role === null ? this.#folder.unfinished.has(name) : keep(owner);
      if (!isWanted) await this.#folder.remove(name);
    }
  }
}

/** A file may go between the look into the folder and the look into the file. */
function nullWhereGone(error: unknown): null {
  if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') return null;
  throw error;
}
