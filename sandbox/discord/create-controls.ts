import type { DiscordControls } from './controls.ts';
import type { FaultInjector } from './fault-injector.ts';
import type { Gateway } from './gateway/server.ts';
import type { State } from './model.ts';
import type { RateLimits } from './rest/rate-limits.ts';
import { freshSettings } from './state.ts';

/** The controls, wired to what they change. */
export function createControls({
  state,
  faultInjector,
  limits,
  gateway,
}: {
  state: State;
  faultInjector: FaultInjector;
  limits: RateLimits;
  gateway: Gateway;
}): DiscordControls {
  return {
    settings: () => structuredClone(state.settings),
    // In place: everything holds this one object.
    set: (change) => void Object.assign(state.settings, change),
    reset() {
      Object.assign(state.settings, freshSettings());
      faultInjector.clear();
      limits.reset();
      gateway.answerLogins({ identify: null, resume: null });
    },
    injectFault: faultInjector.add,
    pendingFaults: faultInjector.pending,
    clearFaults: faultInjector.clear,
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
