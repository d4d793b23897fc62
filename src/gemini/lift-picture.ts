import { Failure } from '../domain.ts';
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
  begin(): void;
  /** Hands a full block to the sink. */
  flush(): void;
  /** The end of the text; returns the handle that stands for the picture. */
  end(broken: boolean): string;
  /** A picture by its handle; it is then the caller's to finish or discard. */
  claim(handle: string): LiftedPicture<Sink> | undefined;
  /** Gives up every picture that nobody claimed, the one in progress among them. */
  discardUnclaimed(): Promise<void>;
}

export interface PictureLifterOptions<Sink extends PictureSink> {
  openSink: () => Sink;
  /** Unguessable for whoever writes the text, so that no text can pose as a picture. */
  nonce: string;
  blockBytes: number;
  pictureBytes: number;
  pictures: number;
}

export function createPictureLifter<Sink extends PictureSink>(
  options: PictureLifterOptions<Sink>,
): PictureLifter<Sink> {
  let block: Buffer | undefined;
  let decoder: Base64Decoder | undefined;
  let current: LiftedPicture<Sink> | undefined;
  let pending: Promise<void> | null = null;
  let count = 0;
  const lifted = new Map<string, LiftedPicture<Sink>>();

  function makeDecoder(): Base64Decoder {
    block = Buffer.allocUnsafeSlow(options.blockBytes);
    return createBase64Decoder(block);
  }

  function flush(): void {
    if (decoder === undefined || block === undefined || current === undefined) return;
    const { filled } = decoder;
    if (filled === 0) return;
    current.bytes += filled;
    if (current.bytes > options.pictureBytes) {
      throw new Failure('bad_answer', `a picture is larger than ${options.pictureBytes} bytes`, {
        details: { problem: 'too_large' },
      });
    }
    pending = current.sink.write(block.subarray(0, filled));
    // Awaited by whoever feeds the stream; until then a failure must not count as unhandled.
    pending.catch(() => {});
    decoder.drained();
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
      count += 1;
      if (count > options.pictures) {
        throw new Failure('bad_answer', `more than ${options.pictures} pictures in one answer`, {
          details: { problem: 'too_many' },
        });
      }
      decoder ??= makeDecoder();
      decoder.reset();
      current = { sink: options.openSink(), bytes: 0, broken: false };
    },
    flush,
    end(broken) {
      const handle = `${options.nonce}-${count}`;
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
    async discardUnclaimed() {
      const unclaimed = [...lifted.values()];
      if (current !== undefined) unclaimed.push(current);
      lifted.clear();
      current = undefined;
      await Promise.all(unclaimed.map((picture) => picture.sink.discard()));
    },
  };
}
