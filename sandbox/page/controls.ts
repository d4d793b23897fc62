/** The knobs of the page's panel: what can be set, what can be made to happen, and how all stands. */

import { DEFAULT_SETTINGS, type Fault, type KnobSettings } from '../discord/knobs.ts';
import type { LocalDiscord } from '../discord/local-discord.ts';
import type { LocalGemini } from '../gemini/local-gemini.ts';
import { WORDS } from '../gemini/words.ts';
import type { Sandbox } from '../sandbox.ts';

/** How everything stands now. */
export interface ControlsView {
  /** The model's speed: 1 as a person may read it, 0 at once. */
  pace: number;
  /** Words for the model's next requests, one each. */
  nextWords: string[];
  /** Every word that there is, for a menu. */
  words: { usage: string; effect: string }[];
  settings: KnobSettings;
  /** Faults that have not struck yet. */
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

export interface Controls {
  view(): ControlsView;
  set(change: {
    pace?: number | undefined;
    /** A word for the next request; null takes back all that wait. */
    nextWord?: string | null | undefined;
    settings?: Partial<KnobSettings> | undefined;
  }): void;
  /** Adds a fault by its name; false when there is none of that name. */
  fault(name: string): boolean;
  /** Resolves when it has happened. Rejects with a `BotError` when the bot does not start. */
  perform(verb: Verb, amountMs: number): Promise<void>;
}

/** `changed` is called whenever the view may have become another. */
export function createControls(sandbox: Sandbox, changed: () => void): Controls {
  const { discord, gemini } = sandbox;
  const initialPace = gemini.knobs.pace;
  const owned = sandbox.bot !== null;
  const words = Object.values(WORDS).map(({ usage, effect }) => ({ usage, effect }));
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
    'drop-gateway': () => discord.knobs.dropGateway(),
    'forget-sessions': () => discord.knobs.dropGateway({ forget: true }),
    'ask-to-reconnect': () => discord.knobs.askToReconnect(),
    'age-tokens': (amountMs) => discord.knobs.ageTokens(amountMs),
    'clear-faults': () => discord.knobs.clearFaults(),
    reset: () => reset(discord, gemini, initialPace),
    'bot-start': () => whileBusy(async () => sandbox.bot ?? (await sandbox.startBot())),
    'bot-restart': () => whileBusy(() => sandbox.restartBot('SIGTERM')),
    'bot-kill': () => whileBusy(() => sandbox.restartBot('SIGKILL')),
    'bot-stop': () => whileBusy(() => sandbox.stopBot('SIGTERM')),
  };

  return {
    view: () => ({
      pace: gemini.knobs.pace,
      nextWords: [...gemini.knobs.nextWords],
      words,
      settings: discord.knobs.settings(),
      faultsLeft: discord.knobs.faults().length,
      faults: Object.entries(FAULTS).map(([name, { label }]) => ({ name, label })),
      bot: { owned, running: sandbox.bot !== null, connected: discord.connections() > 0, busy },
    }),
    set({ pace, nextWord, settings }) {
      if (pace !== undefined) gemini.knobs.pace = pace;
      if (nextWord === null) gemini.knobs.nextWords.length = 0;
      else if (nextWord !== undefined) gemini.knobs.nextWords.push(nextWord);
      if (settings !== undefined) discord.knobs.set(settings);
      changed();
    },
    fault(name) {
      const entry = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
      if (entry === undefined) return false;
      discord.knobs.fault(entry.fault);
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
  discord.knobs.set(DEFAULT_SETTINGS);
  discord.knobs.reset();
  gemini.knobs.pace = pace;
  gemini.knobs.nextWords.length = 0;
}
