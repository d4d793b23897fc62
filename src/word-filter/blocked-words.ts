import type { Logger } from 'pino';
import { ExpressionThread, TooSlowError } from './expression-thread.ts';
import { readingsOf } from './visible-text.ts';
import {
  createWordFinder,
  type ExpressionCost,
  expressionsOf,
  type WordFinder,
} from './word-list.ts';

/** Lists of plain words that are kept ready; a server's list is asked for all the time. */
const MAX_LISTS = 100;

/**
 * What a prompt is by a list: `unreadable` gets too long when it is written out, `unchecked` could
 * not be held against all of the list, in time or at all. Only a `clear` one may pass.
 */
export type Verdict = 'clear' | 'blocked' | 'unreadable' | 'unchecked';

/** Holds prompts against lists of blocked words. */
export interface BlockedWords {
  /**
   * Whether a prompt holds one of the words, or fits one of the `/expressions/`, in any case and
   * whatever unseen characters are between its letters.
   *
   * @param owner Whose list it is, such as a server's id: lists of others do not wait for it.
   * @throws Failure `interrupted` once it is closed.
   */
  judge(prompt: string, list: readonly string[], owner: string): Promise<Verdict>;
  /** What each `/expression/` of a list costs, in order; null where that took too long to say. */
  measureCosts(list: readonly string[], owner: string): Promise<ExpressionCost[] | null>;
  close(): Promise<void>;
}

export function createBlockedWords(
  log: Logger,
  thread: ExpressionThread = new ExpressionThread(),
): BlockedWords {
  /** By their entries; the one that was asked for longest ago comes first. */
  const finders = new Map<string, WordFinder>();

  function finderOf(list: readonly string[]): WordFinder {
    const key = list.join('\n');
    const finder = finders.get(key) ?? createWordFinder(list);
    finders.delete(key);
    finders.set(key, finder);
    const [oldest] = finders.keys();
    if (finders.size > MAX_LISTS && oldest !== undefined) finders.delete(oldest);
    return finder;
  }

  /** What the thread says; null where it took too long. */
  async function inTime<Answer>(owner: string, asked: Promise<Answer>): Promise<Answer | null> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof TooSlowError)) throw error;
      log.warn({ owner, reason: error.message }, 'a list of blocked words could not be checked');
      return null;
    }
  }

  return {
    async judge(prompt, list, owner) {
      if (list.length === 0) return 'clear';
      const readings = readingsOf(prompt);
      if (readings === null) return 'unreadable';
      if (readings.some((reading) => finderOf(list).isIn(reading))) return 'blocked';
      const isFound = await inTime(owner, thread.find(owner, expressionsOf(list), readings));
      return isFound === null ? 'unchecked' : isFound ? 'blocked' : 'clear';
    },

    measureCosts: (list, owner) => inTime(owner, thread.measureCosts(owner, expressionsOf(list))),

    close: () => thread.close(),
  };
}
