import type { FailureDetails, FailureKind, ImageFile } from '../domain.ts';
import type { Encode } from './fit-search.ts';
import type { PictureFacts, PictureLimits } from './process/open-picture.ts';

/** What the bot asks of the process that works on pictures, as plain data; `id` counts the calls. */
export type FitCall = { id: number } & (
  | { do: 'open'; image: ImageFile; limits: PictureLimits }
  /** `picture` is the id of the call that opened it. */
  | { do: 'encode'; picture: number; encode: Encode; path: string }
  | { do: 'close'; picture: number }
  | { do: 'thumbnail'; path: string }
);

/** What comes back for one call. */
export interface FitAnswer {
  id: number;
  /** Of a picture that was opened. */
  facts?: PictureFacts;
  thumbnail?: Uint8Array<ArrayBuffer>;
  failure?: { kind: FailureKind; message: string; details: FailureDetails };
}
