import { Agent } from 'undici';
import { ReplyRest } from '../discord-http/rest.ts';
import type { PictureReference } from '../domain.ts';
import { createGemini } from '../gemini/gemini.ts';
import { startHousekeeping } from '../generation/housekeeping.ts';
import { GenerationService } from '../generation/service.ts';
import { Fitter } from '../images/fit/fitter.ts';
import { fetchReference } from '../images/references/fetch-reference.ts';
import { findOwnPicture, renewOwnUrl } from '../reply/own-picture.ts';
import { createLiveReplies } from '../reply/reply.ts';
import { english } from '../texts/english.ts';
import { createBlockedWords } from '../word-filter/blocked-words.ts';
import type { Foundation } from './foundation.ts';

/** What makes pictures and shows them; it needs no gateway. */
export type Generation = ReturnType<typeof buildGeneration>;

export function buildGeneration(foundation: Foundation) {
  const { config, log, now, steadyNow, ops, clock, pictures, spool, store } = foundation;
  const { report } = ops;
  const { apiUrl, token } = config.discord;
  const rest = new ReplyRest({ apiUrl, botToken: token, onDate: clock.note, report });
  const fitter = new Fitter({ spool, openPicture: pictures.openPicture, report });
  const replyLog = log.child({ module: 'reply' });
  const openLiveReply = createLiveReplies({
    rest,
    fitter,
    spool,
    log: replyLog,
    texts: english,
    now,
  });
  const geminiLog = log.child({ module: 'gemini' });
  const gemini = createGemini({ ...config.gemini, spool, report, log: geminiLog });
  const blockedWords = createBlockedWords(log.child({ module: 'generation' }));
  const attachments = new Agent({ allowH2: false });
  const referenceDeps = {
    ...config.references,
    spool,
    fitter,
    convert: pictures.convert,
    dispatcher: attachments,
    renewUrl: (own: PictureReference) => renewOwnUrl(own, { store, rest }, replyLog),
  };

  const service = new GenerationService({
    store,
    gemini,
    fetchReference: (reference, owner, budgetBytes, signal) =>
      fetchReference(reference, owner, referenceDeps, budgetBytes, signal),
    findWhole: (id) => spool.findWhole(id),
    removeFile: (file) => spool.remove(file),
    // Half of the spool is for what is under way.
    mayKeepOriginals: () => spool.usedBytes < config.spool.maxBytes / 2,
    makeThumbnail: pictures.makeThumbnail,
    openLiveReply,
    prices: config.prices,
    ...config.limits,
    blockedWords,
    maxReferenceBytes: config.references.maxBytesTogether,
    maxConcurrent: config.maxConcurrent,
    report,
    log: log.child({ module: 'generation' }),
    now,
  });
  const housekeeping = startHousekeeping({
    store,
    spool,
    retentionDays: config.database.retentionDays,
    clockAheadMs: clock.aheadMs,
    steady: steadyNow,
    log: log.child({ module: 'housekeeping' }),
    now,
  });

  return {
    service,
    housekeeping,
    rest,
    openLiveReply,
    blockedWords,
    findOwnPicture: (own: PictureReference) => findOwnPicture(own, { store, rest }),
    /** Closes the connections to the model and to where references are fetched from. */
    async closeConnections(): Promise<void> {
      await Promise.all([gemini.close(), attachments.close()]);
    },
  };
}
