import { backUpDatabase } from '../store/backup.ts';
import { visible } from '../terminal.ts';
import { databaseFile, runOnFile } from './tool.ts';

/** `npm run backup -- FILE`: a checked copy of the database, also while the bot runs. */
await runOnFile(
  'npm run backup -- FILE: writes a copy of the database; the bot may go on meanwhile.',
  async (file) => {
    const { bytes, generations, open } = await backUpDatabase(databaseFile(), file);
    return (
      `${visible(file)}: ${bytes} bytes, ${generations} generations (${open} under way), checked and sound.\n` +
      'It holds prompts and the ids of people: keep it as private as the database itself.\n'
    );
  },
);
