import type { OpenLiveReplies } from '../generation/live-reply.ts';
import { openGallery } from './gallery.ts';
import { createLiveReplies, type LiveReplyDeps } from './live-reply.ts';

/** Opens replies of any number of generations: a plain live reply for one, a gallery for several. */
export function createReplies(deps: LiveReplyDeps): OpenLiveReplies {
  const openLiveReply = createLiveReplies(deps);
  return (target, slots, onMessage) => {
    const [only, ...more] = slots;
    if (only === undefined) return new Map();
    if (more.length > 0) return openGallery(target, slots, onMessage, deps);
    return new Map([[only.subject.id, openLiveReply(target, onMessage)]]);
  };
}
