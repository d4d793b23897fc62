import type {
  DoneState,
  FailedState,
  ReplySlot,
  Subject,
  WorkingState,
} from '../../generation/live-reply.ts';
import type { DeliveredAttachment } from '../../store/store.ts';
import { withoutPrompt, withoutQuotes, withoutThoughts } from '../wording.ts';
import type { SentPicture } from './picture-file.ts';

/** What is known of one picture of a reply, in the order in which they were asked for. */
export interface SlotState {
  subject: Subject;
  working: WorkingState | null;
  /** When its newest draft came, by which the newest of all is found. */
  draftedAt: number;
  /** The attachment is null while its file goes out, and once the message that held it is lost. */
  done: { state: DoneState; attachment: DeliveredAttachment | null; sent: SentPicture } | null;
  failed: FailedState | null;
}

/**
 * A slot as the reply is opened with it.
 *
 * @param messageId The reply's message. A picture that another one has was lost with that.
 */
export function toSlotState({ subject, end }: ReplySlot, messageId: string | null): SlotState {
  const slot = { subject, working: null, draftedAt: 0, done: null, failed: null };
  if (end === null) return slot;
  if ('failed' in end) return { ...slot, failed: end.failed };
  const { done: state, attachment } = end;
  // Earlier versions did not write down which message has it.
  const isThere = (attachment.messageId ?? messageId) === messageId;
  return { ...slot, done: { state, attachment: isThere ? attachment : null, sent: attachment } };
}

/** Whether there is no more progress to show of it. */
export function isEnded({ done, failed }: SlotState): boolean {
  return done !== null || failed !== null;
}

/** What is said of it in any state: by the newest, whose words may be left out. */
export function subjectOf({ subject, working, done }: SlotState): Subject {
  return working ?? done?.state ?? subject;
}

/** A slot without anything that people or models wrote. */
export function withoutWords(slot: SlotState): SlotState {
  const { subject, working, done, failed } = slot;
  return {
    ...slot,
    subject: withoutPrompt(subject),
    working: working && withoutThoughts(working),
    done: done && { ...done, state: withoutPrompt(done.state) },
    failed: failed && withoutQuotes(failed),
  };
}
