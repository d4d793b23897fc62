import { readFileSync } from 'node:fs';
import { childrenOf, residentMb } from '../soak/process-memory.ts';

/** The highest resident memory, in MiB, at any one moment that was looked at. */
export interface PeakMemory {
  botMb: number;
  pictureProcessMb: number;
  /** Both at the same moment: what a container is held to. */
  togetherMb: number;
}

/** Often enough to see the peak of a decoder. */
const EVERY_MS = 20;

/** Follows a bot and the processes that it starts. Needs Linux. */
export function watchPeak(pid: number) {
  const peak: PeakMemory = { botMb: 0, pictureProcessMb: 0, togetherMb: 0 };
  const timer = setInterval(() => {
    const bot = residentMb(pid) ?? 0;
    const children = childrenOf(pid).reduce((sum, child) => sum + (residentMb(child) ?? 0), 0);
    peak.botMb = Math.max(peak.botMb, bot);
    peak.pictureProcessMb = Math.max(peak.pictureProcessMb, children);
    peak.togetherMb = Math.max(peak.togetherMb, bot + children);
  }, EVERY_MS);
  return {
    stop(): PeakMemory {
      clearInterval(timer);
      return peak;
    },
  };
}

/**
 * Stops the process that works on pictures as soon as there is one, once, and never lets it go on:
 * the bot must end it. Returns how to give up waiting, and whether it was done.
 */
export function freezePictureProcess(pid: number) {
  let frozen: number | null = null;
  const timer = setInterval(() => {
    const [child] = childrenOf(pid);
    if (child === undefined || frozen !== null) return;
    try {
      process.kill(child, 'SIGSTOP');
      frozen = child;
    } catch {
      // It ended while we looked; the next one will do.
    }
  }, EVERY_MS);
  return {
    /** Whether one was frozen, and whether it is still there. */
    stop(): { wasFrozen: boolean; isLeft: boolean } {
      clearInterval(timer);
      return { wasFrozen: frozen !== null, isLeft: frozen !== null && isStopped(frozen) };
    },
  };
}

function isStopped(pid: number): boolean {
  try {
    return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
