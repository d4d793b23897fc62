import type { DoneState, WorkingState } from '../../../src/generation/live-reply.ts';
import type { Fitted } from '../../../src/images/fit/fitter.ts';
import { pictureUpload, sentPicture } from '../../../src/reply/render/picture-file.ts';
import { renderReply } from '../../../src/reply/render/render-reply.ts';
import { english } from '../../../src/texts/english.ts';

const LOOK = { arriving: null, isClosing: false, texts: english };
const EMPTY = { working: null, draftedAt: 0, done: null, failed: null };

/** A reply of one picture that is worked on. */
export function renderWorking(working: WorkingState, now: number) {
  const slot = { ...EMPTY, subject: working, working };
  return renderReply([slot], { ...LOOK, isPrivate: working.isPrivate, now });
}

/** A reply of one picture with the edit that brings it. */
export function renderDone(
  state: DoneState,
  fitted: Fitted = { image: state.image, reencoded: null },
) {
  const upload = pictureUpload(state.id, fitted.image);
  const done = { state, attachment: null, sent: sentPicture(fitted) };
  const arriving = { generationId: state.id, name: upload.name };
  const look = { ...LOOK, arriving, isPrivate: state.isPrivate, now: 0 };
  const { body } = renderReply([{ ...EMPTY, subject: state, done }], look);
  return { body, upload };
}
