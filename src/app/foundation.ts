import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import { createPictureProcess } from '../images/process-client/client.ts';
import { DiskSpool } from '../images/spool/spool.ts';
import { createLogger, openPrettyOutput } from '../logger.ts';
import { createClockCheck } from '../ops/clock-check.ts';
import { createOps } from '../ops/ops.ts';
import { lockData } from '../store/sqlite/data-lock.ts';
import { openStore } from '../store/store.ts';

/** Milliseconds from the epoch, which no change of the machine's clock moves. */
const steadyNow = () => performance.timeOrigin + performance.now();

/** What everything else stands on: the log and its listeners, the clocks, the files, the store. */
export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/** @throws Error where the data folder is in use, or the database cannot be opened. */
export async function openFoundation(config: Config) {
  const log = createLogger({
    level: config.log.level,
    secrets: [config.discord.token, config.gemini.apiKey],
    ...(config.log.pretty ? { destination: await openPrettyOutput() } : {}),
  });
  const now = Date.now;
  const ops = createOps({ log, now: steadyNow });
  const clock = createClockCheck(now, steadyNow);
  const unlockData = lockData(dirname(config.database.file));
  const pictures = createPictureProcess({ log: log.child({ module: 'images' }) });
  const spool = new DiskSpool({ ...config.spool, measure: pictures.measure });
  const store = await openStore({ file: config.database.file, now });
  return { config, log, now, steadyNow, ops, clock, unlockData, pictures, spool, store };
}
