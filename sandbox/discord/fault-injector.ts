import type { Fault, FaultEffect } from './controls.ts';

/** The faults that wait for a call that they match, in the order in which they were added. */
export interface FaultInjector {
  add(fault: Fault): () => void;
  pending(): Fault[];
  clear(): void;
  /** The effect of the first fault that matches this call, counted as used once; null without one. */
  take(call: {
    method: string;
    route: string | null;
    interactionId: string | null;
    upload: boolean;
    autocomplete: boolean;
    /** The name of the file that is downloaded; null for a call to the API. */
    file: string | null;
  }): FaultEffect | null;
}

/** An empty list; each local Discord has its own. */
export function createFaultInjector(): FaultInjector {
  let entries: { fault: Fault; skip: number; left: number }[] = [];
  return {
    add(fault) {
      const entry = { fault, skip: fault.skip ?? 0, left: fault.times ?? 1 };
      entries.push(entry);
      return () => {
        entries = entries.filter((one) => one !== entry);
      };
    },
    pending: () => entries.map(({ fault, skip, left }) => ({ ...fault, skip, times: left })),
    clear: () => {
      entries = [];
    },
    take(call) {
      const fits = ({ fault: { match } }: { fault: Fault }) => {
        if ((match.file ?? null) !== call.file) return false;
        if (match.method !== undefined && match.method !== call.method) return false;
        if (match.route !== undefined && !call.route?.includes(match.route)) return false;
        if (match.interactionId !== undefined && match.interactionId !== call.interactionId) {
          return false;
        }
        if (match.autocomplete !== undefined && match.autocomplete !== call.autocomplete) {
          return false;
        }
        return match.upload === undefined || match.upload === call.upload;
      };
      const fitting = entries.filter(fits);
      const entry = fitting.find(({ skip }) => skip === 0);
      for (const waiting of fitting) waiting.skip = Math.max(0, waiting.skip - 1);
      if (!entry) return null;
      entry.left -= 1;
      if (entry.left <= 0) entries = entries.filter((one) => one !== entry);
      return entry.fault.effect;
    },
  };
}
