/**
 * Where a generation stands. The first three are open, the rest are ends and never change:
 * `queued → running → received → delivered`, and from each open one to the other ends.
 */
export type GenerationState = OpenState | EndState;
export type OpenState = 'queued' | 'running' | 'received';
/** `received` means that the picture is whole on disk; it is never paid for again. */
export type EndState = 'delivered' | 'failed' | 'cancelled' | 'interrupted';

/** Tokens of one generation; null where the model did not say. */
export interface Usage {
  promptTokens: number | null;
  imageTokens: number | null;
  thoughtTokens: number | null;
  totalTokens: number | null;
}

/** An image file on disk, its type and size read from its own bytes. */
export interface ImageFile {
  path: string;
  bytes: number;
  mime: string;
  width: number;
  height: number;
}
