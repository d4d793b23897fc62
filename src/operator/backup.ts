import { backUpDatabase } from '../store/backup.ts';
import { visible } from '../terminal.ts';
import { exitWithError, readDatabaseConfig } from './tool.ts';

/** `npm run backup -- FILE`: a sound copy of the store, also while the bot runs. */
const [file] = process.argv.slice(2);
if (file === undefined) {
  exitWithError(
    'npm run backup -- FILE: writes a copy of the database; the bot may go on meanwhile.',
  );
  process.exitCode = 2;
} else {
  try {
    const { bytes, generations, open } = await backUpDatabase(readDatabaseConfig().file, file);
    process.stdout.write(
      `${visible(file)}: ${bytes} bytes, ${generations} generations (${open} under way), checked and sound.\n` +
        'It holds prompts and the ids of people: keep it as private as the database itself.\n',
    );
  } catch (error) {
    exitWithError(error);
  }
}
