import { rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../config.ts';
import type { PictureProcess } from '../../images/process-client/client.ts';
import { FREE_DISK_BYTES } from '../../ops/health.ts';
import { openReadOnlyStore } from '../../store/store.ts';
import { type Finding, green, networkReason, red, yellow } from './finding.ts';

const MEGABYTE = 1_000_000;

/** What the bot is measured to stay within; see the soak in bench/. */
const NEEDED_MEMORY_BYTES = 512 * 1_048_576;

export function checkNode(version = process.versions.node): Finding {
  const major = Number.parseInt(version, 10);
  if (major >= 24) return green('Node', version);
  const hint = 'Start Darkroom through npm (npm start), which brings the right one.';
  return red('Node', `${version}; Darkroom needs 24 or newer`, hint);
}

export function checkMemory(): Finding {
  // 0 and absurdly large values both mean that nothing is set.
  const bound = process.constrainedMemory();
  const bytes = bound > 0 ? Math.min(bound, totalmem()) : totalmem();
  const message = `${Math.floor(bytes / 1_048_576)} MiB`;
  if (bytes >= NEEDED_MEMORY_BYTES) return green('Memory', message);
  return yellow('Memory', message, 'Give it 512 MiB, or set MAX_CONCURRENT to 2.');
}

/**
 * Writes, renames and removes a file where pictures go. A folder that is not there yet is not made:
 * made by the wrong user, it would be one that the bot cannot write.
 */
export async function checkDataFolder({ spool, database }: Config): Promise<Finding[]> {
  const folder = dirname(database.file);
  const hint = 'DATA_DIR must be a folder that this user may write to.';
  const place = await nearestExisting(spool.directory);
  const file = join(place, '.darkroom-doctor');
  try {
    await writeFile(file, 'written by the doctor');
    await rename(file, `${file}-renamed`);
  } catch (error) {
    const code = networkReason(error);
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const message = isFull
      ? `the disk of ${folder} is full`
      : `${folder} cannot be written (${code})`;
    return [red('Data folder', message, isFull ? 'Make room on it.' : hint)];
  } finally {
    // A full disk makes the file and takes nothing into it.
    for (const left of [file, `${file}-renamed`]) await rm(left, { force: true }).catch(() => {});
  }
  const message = place.startsWith(folder) ? `${folder} can be written` : `${folder} can be made`;
  return [green('Data folder', message), await checkFreeDisk(place, spool.maxBytes)];
}

async function nearestExisting(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : await nearestExisting(dirname(folder));
}

async function checkFreeDisk(folder: string, maxBytes: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MEGABYTE)} MB free`;
  if (free < FREE_DISK_BYTES.fail) return red('Disk', message, 'Make room: pictures wait there.');
  if (free < FREE_DISK_BYTES.warn) return yellow('Disk', message, 'Make room soon.');
  if (free < maxBytes) {
    const bound = Math.floor(maxBytes / MEGABYTE);
    return yellow('Disk', `${message}, less than SPOOL_MAX_MB (${bound})`, 'Lower SPOOL_MAX_MB.');
  }
  return green('Disk', message);
}

/** @param thorough Reads every page and counts everything; slow on a large store. */
export async function checkDatabase(file: string, thorough: boolean): Promise<Finding> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return green('Database', 'none yet; the first start makes it');
  try {
    const database = await openReadOnlyStore(file);
    try {
      const { generations, open } = await database.count();
      const message = `${generations} generations, ${open} under way`;
      const damage = thorough ? await database.integrity() : [];
      if (damage.length === 0) return green('Database', thorough ? `${message}; sound` : message);
      return red(
        'Database',
        `damaged: ${damage.join('; ')}`,
        'Restore a backup (npm run restore).',
      );
    } finally {
      await database.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // An earlier version is brought up by the next start; nothing is wrong with that.
    return /earlier version/.test(message) ? yellow('Database', message) : red('Database', message);
  }
}

/** Makes a picture in each type that Darkroom reads or writes, in the process that does so. */
export async function checkSharp(pictures: Pick<PictureProcess, 'check'>): Promise<Finding> {
  try {
    return green('Pictures', await pictures.check());
  } catch (error) {
    const hint = 'Run npm ci again on this machine: sharp has a package for each platform.';
    return red('Pictures', `sharp cannot make pictures (${networkReason(error)})`, hint);
  }
}

/** Text in a drawn picture silently vanishes where fonts are missing, so one is drawn. */
export async function checkFonts(pictures: Pick<PictureProcess, 'drawChart'>): Promise<Finding> {
  try {
    const drawn = async (title: string) =>
      await pictures.drawChart({
        days: [
          { day: '2026-01-01', pictures: { flash: 1, pro: 1 }, costMicros: { flash: 0, pro: 0 } },
        ],
        withCost: false,
        words: { title, pictures: '', cost: '', models: { flash: '', pro: '' } },
      });
    const [some, none] = [await drawn('Darkroom'), await drawn('')];
    if (!Buffer.from(some).equals(Buffer.from(none))) return green('Fonts', 'text is drawn');
  } catch (error) {
    return red('Fonts', `no chart can be drawn (${networkReason(error)})`, 'Run npm ci again.');
  }
  return red('Fonts', 'text does not show in charts', 'Run npm ci again.');
}
