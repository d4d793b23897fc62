import { dirname } from 'node:path';
import { restoreDatabase } from '../store/backup.ts';
import { lockData } from '../store/sqlite/data-lock.ts';
import { visible } from '../terminal.ts';
import { databaseFile, runOnFile } from './tool.ts';

/** `npm run restore -- FILE`: puts a backup where no database is. The bot must not run. */
await runOnFile(
  'npm run restore -- FILE: puts a backup into DATA_DIR, where there must be no database.',
  async (file) => {
    const database = databaseFile();
    // A bot that runs would go on writing what was moved away, whatever stands in its place.
    const unlockData = lockData(dirname(database));
    const { generations, open } = await restoreDatabase(file, database).finally(unlockData);
    return (
      `${visible(database)}: ${generations} generations, checked and sound.\n` +
      `${open} had been under way when the backup was made; they are marked as interrupted.\n`
    );
  },
);
