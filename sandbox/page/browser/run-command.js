/** Sending a command: it stands in the channel until the bot answers, or says why it did not. */
import { Refused } from './api.js';

/** @import { InteractionNews, Store } from './types.d.ts' */

let sent = 0;

/**
 * @param {Store} store
 * @param {string} name as it is shown
 * @param {Record<string, unknown>} input
 * @returns {Promise<InteractionNews>}
 */
export async function runCommand(store, name, input) {
  sent += 1;
  const pending = {
    key: `pending-${sent}`,
    channelId: store.channelId,
    name,
    error: /** @type {string | null} */ (null),
  };
  store.pending.push(pending);
  store.tell('pending');
  const drop = () => {
    store.pending = store.pending.filter((one) => one !== pending);
    store.tell('pending');
  };
  try {
    const news = await store.interact(input);
    if (news.state === 'failed') {
      pending.error = 'The application did not respond';
      store.tell('pending');
    } else drop();
    return news;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    drop();
    throw error;
  }
}
