import { backUpLedger } from '../store/sqlite/backup.ts';
import { visible } from '../terminal.ts';
import { findLedger, giveUp } from './settings.ts';

/** `npm run backup -- FILE`: a sound copy of the ledger, also while the bot runs. */
const [file] = process.argv.slice(2);
if (file === undefined) {
  giveUp('npm run backup -- FILE: writes a copy of the ledger; the bot may go on meanwhile.');
  process.exitCode = 2;
} else {
  try {
    const { bytes, generations, open } = await backUpLedger(findLedger().file, file);
    process.stdout.write(
      `${visible(file)}: ${bytes} bytes, ${generations} generations (${open} under way), checked and sound.\n` +
        'It holds prompts and the ids of people: keep it as private as the ledger itself.\n',
    );
  } catch (error) {
    giveUp(error);
  }
}
