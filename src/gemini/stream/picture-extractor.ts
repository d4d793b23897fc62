import { Failure } from '../../domain.ts';
import { endsLikeImage } from '../../images/spool/truncation.ts';
import { type Base64Decoder, createBase64Decoder } from './base64.ts';

/** Where the bytes of one picture go; `SpoolFile` of src/images/ is one. */
export interface PictureSink {
  write(bytes: Uint8Array): Promise<void>;
  discard(): Promise<void>;
}

/** A picture that was lifted out of a document, waiting for the document to say what it is. */
export interface LiftedPicture<Sink extends PictureSink> {
  sink: Sink;
  bytes: number;
  /** Its text was not base64 to the end: whatever was written is worthless. */
  broken: boolean;
}

/** Decodes the pictures of one stream, one after the other, through one block. */
export interface PictureLifter<Sink extends PictureSink> {
  readonly decoder: Base64Decoder;
  /** A write under way; nothing may be decoded until it is done. */
  readonly pending: Promise<void> | null;
  settled(): void;
  /** Begins a picture. One that is still open is given up: it never came to its end. */
  begin(): void;
  /** Whether the picture in progress has its last byte, as far as its type can tell. */
  isComplete(): boolean;
  /** Stands in a text for a picture that goes on in the next one. */
  readonly openHandle: string;
  /** Pictures that are whole, and that no document has claimed yet. */
  readonly waiting: number;
  /** Hands a full block to the sink. */
  flush(): void;
  /** The end of the text; returns the handle that stands for the picture. */
  end(broken: boolean): string;
  /** A picture by its handle; it is then the caller's to finish or discard. */
  claim(handle: string): LiftedPicture<Sink> | undefined;
  /** Gives up every picture that nobody claimed. */
  discardUnclaimed(): Promise<void>;
  /** The same, and the one in progress. */
  discardAll(): Promise<void>;
}

export interface PictureLifterOptions<Sink extends PictureSink> {
  openSink: () => Sink;
  /** Unguessable for whoever writes the text, so that no text can pose as a picture. */
  nonce: string;
  blockBytes: number;
  pictureBytes: number;
  pictures: number;
}

/** Enough to know a picture's type by its first bytes, and its end by its last. */
const ENDS_LENGTH = 16;
const NOTHING = Buffer.alloc(0);

export function createPictureLifter<Sink extends PictureSink>(
  options: PictureLifterOptions<Sink>,
): PictureLifter<Sink> {
  let block: Buffer | undefined;
  let decoder: Base64Decoder | undefined;
  let current: LiftedPicture<Sink> | undefined;
  let pending: Promise<void> | null = null;
  let count = 0;
  /** The first bytes of the picture in progress, and the last ones that were written of it. */
  let head = NOTHING;
  let tail = NOTHING;
  const lifted = new Map<string, LiftedPicture<Sink>>();

  function makeDecoder(): Base64Decoder {
    block = Buffer.allocUnsafeSlow(options.blockBytes);
    return createBase64Decoder(block);
  }

  function flush(): void {
    if (decoder === undefined || block === undefined || current === undefined) return;
    const { filled } = decoder;
    if (filled === 0) return;
    const bytes = block.subarray(0, filled);
    if (current.bytes === 0) head = Buffer.from(bytes.subarray(0, ENDS_LENGTH));
    tail = Buffer.concat([tail, bytes.subarray(-ENDS_LENGTH)]).subarray(-ENDS_LENGTH);
    current.bytes += filled;
    if (current.bytes > options.pictureBytes) {
      throw new Failure('bad_answer', `a picture is larger than ${options.pictureBytes} bytes`, {
        details: { problem: 'too_large' },
      });
    }
    pending = current.sink.write(bytes);
    // Awaited by whoever feeds the stream; until then a failure must not count as unhandled.
    pending.catch(() => {});
    decoder.drained();
  }

  function giveUpOpen(): void {
    if (current !== undefined) lifted.set(`open-${count}`, { ...current, broken: true });
    current = undefined;
  }

  async function discardUnclaimed(): Promise<void> {
    const unclaimed = [...lifted.values()];
    lifted.clear();
    await Promise.all(unclaimed.map((picture) => picture.sink.discard()));
  }

  return {
    get decoder() {
      decoder ??= makeDecoder();
      return decoder;
    },
    get pending() {
      return pending;
    },
    settled() {
      pending = null;
    },
    begin() {
      giveUpOpen();
      count += 1;
      if (count > options.pictures) {
        throw new Failure('bad_answer', `more than ${options.pictures} pictures in one answer`, {
          details: { problem: 'too_many' },
        });
      }
      decoder ??= makeDecoder();
      decoder.reset();
      head = NOTHING;
      tail = NOTHING;
      current = { sink: options.openSink(), bytes: 0, broken: false };
    },
    isComplete() {
      if (decoder === undefined || block === undefined || current === undefined) return true;
      if (decoder.padded) return true;
      const rest = decoder.rest();
      const unwritten = block.subarray(0, decoder.filled);
      return endsLikeImage(
        current.bytes === 0 ? unwritten.subarray(0, ENDS_LENGTH) : head,
        Buffer.concat([tail, unwritten.subarray(-ENDS_LENGTH), Buffer.from(rest)]),
        current.bytes + unwritten.length + rest.length,
      );
    },
    openHandle: `${options.nonce}-0-`,
    get waiting() {
      return [...lifted.values()].filter(({ broken }) => !broken).length;
    },
    flush,
    end(broken) {
      const handle = `${options.nonce}-${count}-`;
      if (current === undefined) return handle;
      const whole = decoder?.finish() ?? true;
      current.broken = broken || !whole;
      if (!current.broken) flush();
      lifted.set(handle, current);
      current = undefined;
      return handle;
    },
    claim(handle) {
      const picture = lifted.get(handle);
      lifted.delete(handle);
      return picture;
    },
    discardUnclaimed,
    async discardAll() {
      giveUpOpen();
      await discardUnclaimed();
    },
  };
}
