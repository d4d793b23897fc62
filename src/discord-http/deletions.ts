import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import type { MessagePlace, ReplyRest } from './rest.ts';
import { retryUntilAccepted } from './retry-until-accepted.ts';

/** The two ways to remove one of the bot's own messages. Both wait while Discord is busy. */
export interface Deletions {
  /** By the bot's own token. One that is gone already is no error. */
  deleteMessage(place: MessagePlace): Promise<void>;
  /** The message that a click was acknowledged on, by the click's own token. */
  deleteByClick(click: ReplyTarget): Promise<void>;
}

export function createDeletions({
  rest,
  log,
}: {
  rest: Pick<ReplyRest, 'deleteInChannel' | 'deleteOriginal'>;
  log: Logger;
}): Deletions {
  return {
    deleteMessage: (place) => retryUntilAccepted(() => rest.deleteInChannel(place), log),
    deleteByClick: (click) => retryUntilAccepted(() => rest.deleteOriginal(click), log),
  };
}
