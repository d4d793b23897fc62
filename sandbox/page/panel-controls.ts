/** The controls of the page's panel: settings, faults, and what can be made to happen now. */

import { DEFAULT_SETTINGS, type DiscordSettings, type Fault } from '../discord/controls.ts';
import type { LocalDiscord } from '../discord/local-discord.ts';
import { DIRECTIVES } from '../gemini/directives.ts';
import type { LocalGemini } from '../gemini/local-gemini.ts';
import type { Sandbox } from '../sandbox.ts';

/** How everything stands now. */
export interface PanelView {
  /** The model's speed: 1 as a person may read it, 0 at once. */
  pace: number;
  /** Directives for the model's next requests, one each. */
  nextDirectives: string[];
  /** Every directive that there is, for a menu. */
  directives: { usage: string; effect: string }[];
  settings: DiscordSettings;
  /** Faults that no call has met yet. */
  faultsLeft: number;
  faults: { name: string; label: string }[];
  bot: BotView;
}

export interface BotView {
  /** Whether this sandbox started the bot and may restart it. */
  owned: boolean;
  running: boolean;
  /** Whether any client stands on the gateway. */
  connected: boolean;
  /** A restart or start is under way. */
  busy: boolean;
}

/** Calls that a person may want to see go wrong, each once unless its label says otherwise. */
const FAULTS: Record<string, { label: string; fault: Fault }> = {
  'edit-500': {
    label: 'Answer the next edit with 500',
    fault: {
      match: { method: 'PATCH', route: '/webhooks/' },
      effect: { kind: 'answer', status: 500 },
    },
  },
  'edit-429': {
    label: 'Rate-limit the next edit for 5 s',
    fault: {
      match: { method: 'PATCH', route: '/webhooks/' },
      effect: { kind: 'rate-limit', retryAfterMs: 5_000 },
    },
  },
  'upload-cut': {
    label: 'Cut the next upload half-way',
    fault: {
      match: { upload: true },
      effect: { kind: 'drop', when: 'mid-upload', afterBytes: 100_000 },
    },
  },
  'upload-lost': {
    label: 'Lose the answer to the next upload',
    fault: { match: { upload: true }, effect: { kind: 'drop', when: 'after-effect' } },
  },
  'upload-slow': {
    label: 'Take the next upload at 200 kB/s',
    fault: { match: { upload: true }, effect: { kind: 'slow-upload', bytesPerSecond: 200_000 } },
  },
  'acknowledge-late': {
    label: 'Hold the next acknowledgement for 4 s; a second try comes through',
    fault: {
      match: { route: 'callback', autocomplete: false },
      effect: { kind: 'delay', ms: 4_000 },
    },
  },
  'acknowledge-never': {
    label: 'Hold every acknowledgement for 4 s, until taken back',
    fault: {
      match: { route: 'callback', autocomplete: false },
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'delay', ms: 4_000 },
    },
  },
};

/** What can be made to happen now. */
export const VERBS = [
  'drop-gateway',
  'forget-sessions',
  'ask-to-reconnect',
  'age-tokens',
  'clear-faults',
  'reset',
  'bot-start',
  'bot-restart',
  'bot-kill',
  'bot-stop',
] as const;
export type Verb = (typeof VERBS)[number];

export interface PanelControls {
  view(): PanelView;
  set(change: {
    pace?: number | undefined;
    /** A directive for the next request; null takes back all that wait. */
    nextDirective?: string | null | undefined;
    settings?: Partial<DiscordSettings> | undefined;
  }): void;
  /** Adds a fault by its name; false when there is none of that name. */
  fault(name: string): boolean;
  /** Resolves when it has happened. Rejects with a `BotError` when the bot does not start. */
  perform(verb: Verb, amountMs: number): Promise<void>;
}

/** `changed` is called whenever the view may have become another. */
export function createPanelControls(sandbox: Sandbox, changed: () => void): PanelControls {
  const { discord, gemini } = sandbox;
  const initialPace = gemini.controls.pace;
  const owned = sandbox.bot !== null;
  const directives = Object.values(DIRECTIVES).map(({ usage, effect }) => ({ usage, effect }));
  let busy = false;

  const whileBusy = async (work: () => Promise<unknown>): Promise<void> => {
    if (busy) return;
    busy = true;
    changed();
    try {
      await work();
    } finally {
      busy = false;
      changed();
    }
  };

  const verbs: Record<Verb, (amountMs: number) => Promise<void> | void> = {
    'drop-gateway': () => discord.controls.dropGateway(),
    'forget-sessions': () => discord.controls.dropGateway({ forget: true }),
    'ask-to-reconnect': () => discord.controls.askToReconnect(),
    'age-tokens': (amountMs) => discord.controls.ageTokens(amountMs),
    'clear-faults': () => discord.controls.clearFaults(),
    reset: () => reset(discord, gemini, initialPace),
    'bot-start': () => whileBusy(async () => sandbox.bot ?? (await sandbox.startBot())),
    'bot-restart': () => whileBusy(() => sandbox.restartBot('SIGTERM')),
    'bot-kill': () => whileBusy(() => sandbox.restartBot('SIGKILL')),
    'bot-stop': () => whileBusy(() => sandbox.stopBot('SIGTERM')),
  };

  return {
    view: () => ({
      pace: gemini.controls.pace,
      nextDirectives: [...gemini.controls.nextDirectives],
      directives,
      settings: discord.controls.settings(),
      faultsLeft: discord.controls.pendingFaults().length,
      faults: Object.entries(FAULTS).map(([name, { label }]) => ({ name, label })),
      bot: { owned, running: sandbox.bot !== null, connected: discord.connections() > 0, busy },
    }),
    set({ pace, nextDirective, settings }) {
      if (pace !== undefined) gemini.controls.pace = pace;
      if (nextDirective === null) gemini.controls.nextDirectives.length = 0;
      else if (nextDirective !== undefined) gemini.controls.nextDirectives.push(nextDirective);
      if (settings !== undefined) discord.controls.set(settings);
      changed();
    },
    fault(name) {
      const entry = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
      if (entry === undefined) return false;
      discord.controls.injectFault(entry.fault);
      changed();
      return true;
    },
    async perform(verb, amountMs) {
      if (verb.startsWith('bot-') && !owned) return;
      await verbs[verb](amountMs);
      changed();
    },
  };
}

function reset(discord: LocalDiscord, gemini: LocalGemini, pace: number): void {
  discord.controls.set(DEFAULT_SETTINGS);
  discord.controls.reset();
  gemini.controls.pace = pace;
  gemini.controls.nextDirectives.length = 0;
}
