import type { Faults } from './faults.ts';
import type { Gateway } from './gateway/server.ts';
import type { Knobs } from './knobs.ts';
import type { State } from './model.ts';
import type { RateLimits } from './rest/rate-limits.ts';
import { freshSettings } from './state.ts';

/** The knobs, wired to what they turn. */
export function createKnobs({
  state,
  faults,
  limits,
  gateway,
}: {
  state: State;
  faults: Faults;
  limits: RateLimits;
  gateway: Gateway;
}): Knobs {
  return {
    settings: () => structuredClone(state.settings),
    // In place: everything holds this one object.
    set: (change) => void Object.assign(state.settings, change),
    reset() {
      Object.assign(state.settings, freshSettings());
      faults.clear();
      limits.reset();
      gateway.answerLogins({ identify: null, resume: null });
    },
    fault: faults.add,
    faults: faults.left,
    clearFaults: faults.clear,
    ageTokens(byMs, interactionId) {
      for (const interaction of state.interactions.values()) {
        if (interactionId !== undefined && interaction.id !== interactionId) continue;
        interaction.agedByMs += byMs;
      }
    },
    dropGateway: gateway.drop,
    answerLogins: gateway.answerLogins,
    starts() {
      const { total, remaining, reset_after: resetAfterMs } = gateway.startLimit();
      return { total, remaining, resetAfterMs };
    },
    limitStarts: gateway.limitStarts,
    askToReconnect: gateway.askToReconnect,
    invalidateSessions: (resumable = false) => gateway.invalidate(resumable),
  };
}
