import { constants } from 'node:os';
import type { Logger } from 'pino';
import type { Fault } from './discord/start-fault.ts';
import { visible } from './terminal.ts';

/** How this process ends: by whom, with which exit code, and with a last word. */

/** A second signal within this time ends the process at once. */
const FORCE_WINDOW_MS = 5_000;
/** EX_CONFIG of sysexits.h, for what only the operator can mend: who restarts the bot may give up. */
const EXIT_CODES = { passing: 1, lasting: 78 } as const;
/** A process that a signal ends is gone long before this. */
const SHIELDED_MS = 500;

/** The first signal drains, a second one within a few seconds forces; both end by that signal. */
export function stopOnSignals(stop: () => Promise<void>): void {
  let firstAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const endBySignal = () => {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
        // The first process of a container cannot be ended so: the kernel shields it from itself.
        setTimeout(() => process.exit(128 + constants.signals[signal]), SHIELDED_MS);
      };
      // A process that was ending by itself already keeps its exit code.
      const end = () => (process.exitCode === undefined ? endBySignal() : process.exit());
      if (firstAt === 0) {
        firstAt = Date.now();
        stop().then(end, end);
      } else if (Date.now() - firstAt < FORCE_WINDOW_MS) {
        endBySignal();
      }
    });
  }
}

/** Prints what the operator should do, and sets the exit code for whoever started the process. */
export function giveUp({ message, isLasting }: Fault, log?: Logger): void {
  log?.fatal(message);
  process.stderr.write(`${visible(message, { lines: true })}\n`);
  process.exitCode = isLasting ? EXIT_CODES.lasting : EXIT_CODES.passing;
}

/** Ends a process that has nothing left to do, whatever still holds it. */
export function endSoon(): void {
  setTimeout(() => process.exit(), SHIELDED_MS).unref();
}
