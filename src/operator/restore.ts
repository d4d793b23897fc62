import { dirname } from 'node:path';
import { restoreDatabase } from '../store/backup.ts';
import { lockData } from '../store/sqlite/data-lock.ts';
import { visible } from '../terminal.ts';
import { exitWithError, readDatabaseConfig } from './tool.ts';

/** `npm run restore -- FILE`: puts a backup where no store is. The bot must not run. */
const [file] = process.argv.slice(2);
if (file === undefined) {
  exitWithError(
    'npm run restore -- FILE: puts a backup into DATA_DIR, where there must be no database.',
  );
  process.exitCode = 2;
} else {
  try {
    const database = readDatabaseConfig().file;
    // A bot that runs would go on writing what was moved away, whatever stands in its place.
    const unlockData = lockData(dirname(database));
    const { generations, open } = await restoreDatabase(file, database).finally(unlockData);
    process.stdout.write(
      `${visible(database)}: ${generations} generations, checked and sound.\n` +
        `${open} had been under way when the backup was made; they are marked as interrupted.\n`,
    );
  } catch (error) {
    exitWithError(error);
  }
}
