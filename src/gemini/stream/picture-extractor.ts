import { endsLikeImage } from '../../images/spool/truncation.ts';
import { type GeminiLimits, overLimit } from '../limits.ts';
import { BLANKS } from './ascii.ts';
import { Base64Decoder, type Base64Remainder, bytesOf, NO_REMAINDER } from './base64.ts';

/** Where the bytes of one picture go; `SpoolFile` of src/images/ is one. */
export interface PictureSink {
  write(bytes: Uint8Array): Promise<void>;
  discard(): Promise<void>;
}

/** A picture whose base64 was taken out of a response; a placeholder stands there for it. */
export interface ExtractedPicture<Sink extends PictureSink> {
  readonly sink: Sink;
  /** 1 for the first picture of its response. */
  readonly number: number;
  /** Bytes handed to the sink. */
  bytes: number;
  /** Its first bytes, by which its type is told, and the last ones that were handed to the sink. */
  head: Buffer;
  tail: Buffer;
  /** Characters behind its last whole group, which more may follow; see `close`. */
  remainder: Readonly<Base64Remainder>;
  /** It had its last byte, as far as its type can tell, before its base64 came to an end. */
  hadEnd: boolean;
}

/** Enough to know a picture's type by its first bytes, and its end by its last. */
const ENDS_LENGTH = 16;
const NOTHING = Buffer.alloc(0);

/**
 * Decodes the pictures of one response, one after the other, through one block. Nothing may be
 * decoded while `pendingWrite` is a promise: await `written` first.
 */
export class PictureExtractor<Sink extends PictureSink> {
  readonly #openSink: () => Sink;
  /** Unguessable for whoever writes the text, so that no text can pose as a placeholder. */
  readonly #nonce: string;
  readonly #limits: GeminiLimits;
  /** Made with the first picture: an error has none. */
  #block: Buffer = NOTHING;
  #decoder: Base64Decoder = new Base64Decoder(NOTHING);
  /** The picture in progress. */
  #current: ExtractedPicture<Sink> | null = null;
  #pendingWrite: Promise<void> | null = null;
  #count = 0;
  /** Pictures that came to the end of their base64 and that nobody claimed yet, by placeholder. */
  readonly #unclaimed = new Map<string, ExtractedPicture<Sink>>();
  /** Pictures whose string broke off. */
  readonly #givenUp: ExtractedPicture<Sink>[] = [];

  constructor(options: { openSink: () => Sink; nonce: string; limits: GeminiLimits }) {
    this.#openSink = options.openSink;
    this.#nonce = options.nonce;
    this.#limits = options.limits;
  }

  /** A write of the block under way. */
  get pendingWrite(): Promise<void> | null {
    return this.#pendingWrite;
  }

  /** Resolves when the block may be filled again. Throws what the sink does. */
  async written(): Promise<void> {
    const write = this.#pendingWrite;
    this.#pendingWrite = null;
    await write;
  }

  /** Whether a picture is whole that no part has claimed. */
  get hasUnclaimed(): boolean {
    return this.#unclaimed.size > 0;
  }

  /** Begins a picture. Throws `Failure('bad_answer')` where there are too many. */
  begin(): void {
    this.#resume(this.#open());
  }

  #open(): ExtractedPicture<Sink> {
    this.#count += 1;
    if (this.#count > this.#limits.pictures) {
      throw overLimit(`more than ${this.#limits.pictures} pictures in one answer`, 'too_many');
    }
    return {
      sink: this.#openSink(),
      number: this.#count,
      bytes: 0,
      head: NOTHING,
      tail: NOTHING,
      remainder: NO_REMAINDER,
      hadEnd: false,
    };
  }

  /**
   * Decodes characters of a chunk from `from` up to `to`. Returns the index of the first one that
   * was not taken: `to`, one that is no base64, or one in front of which the block is to be written.
   */
  take(chunk: Buffer, from: number, to: number): number {
    const at = this.#decoder.take(chunk, from, to);
    if (this.#decoder.isFull) this.#write();
    return at;
  }

  /** Decodes one character that came as an escape, or blank space. False where it is neither. */
  takeCode(code: number): boolean {
    if (this.#decoder.takeCode(code)) {
      if (this.#decoder.isFull) this.#write();
      return true;
    }
    if (!BLANKS.has(code)) return false;
    if (this.#current !== null) this.#current.hadEnd ||= this.isComplete();
    return true;
  }

  /** Whether the picture in progress has its last byte, as far as its type can tell. */
  isComplete(): boolean {
    const picture = this.#current;
    if (picture === null || this.#decoder.remainder.padding > 0) return true;
    const rest = bytesOf(this.#decoder.remainder);
    const unwritten = this.#block.subarray(0, this.#decoder.filled);
    return endsLikeImage(
      picture.bytes === 0 ? unwritten.subarray(0, ENDS_LENGTH) : picture.head,
      Buffer.concat([picture.tail, unwritten.subarray(-ENDS_LENGTH), Buffer.from(rest)]),
      picture.bytes + unwritten.length + rest.length,
    );
  }

  /** The base64 came to its end. Returns the placeholder, by which the picture is claimed. */
  end(): string {
    if (this.#current === null) return '';
    const placeholder = `${this.#nonce}-${this.#current.number}-`;
    this.#unclaimed.set(placeholder, this.#suspend(this.#current));
    return placeholder;
  }

  /**
   * The string broke off. A picture that has its last byte is whole all the same: returns its
   * placeholder; any other is given up: ''.
   */
  breakOff(): string {
    if (this.isComplete()) return this.end();
    if (this.#current !== null) this.#givenUp.push(this.#current);
    this.#current = null;
    return '';
  }

  /** A picture by its placeholder; it is then the caller's to close and finish, or to discard. */
  claim(placeholder: string): ExtractedPicture<Sink> | null {
    const picture = this.#unclaimed.get(placeholder) ?? null;
    this.#unclaimed.delete(placeholder);
    return picture;
  }

  /**
   * Decodes base64 that was left in the text: a picture of its own, or what one goes on with that
   * was claimed. `taken` counts its characters.
   */
  async store(base64: string, picture = this.#open()) {
    this.#resume(picture);
    const characters = Buffer.from(base64, 'latin1');
    let taken = 0;
    try {
      for (let from = -1; taken > from; ) {
        from = taken;
        taken = this.take(characters, taken, characters.length);
        await this.written();
      }
      this.#suspend(picture);
      await this.written();
    } catch (error) {
      this.#current = null;
      this.#givenUp.push(picture);
      throw error;
    }
    return { picture, taken };
  }

  /**
   * Hands the bytes of the last, incomplete group to the sink. Returns false where its base64 cannot
   * end there: then whatever was written is worthless.
   */
  async close(picture: ExtractedPicture<Sink>): Promise<boolean> {
    const rest = bytesOf(picture.remainder);
    if (rest.length > 0) {
      this.#givenUp.push(picture);
      await picture.sink.write(Buffer.from(rest));
      this.#givenUp.pop();
    }
    // Missing padding is common and harmless; a single left-over character is a loss.
    return picture.remainder.count !== 1 || picture.hadEnd;
  }

  /** Gives up the pictures that stand in a text, or stood before it, and that nobody claimed. */
  async discardUnclaimed(text: string): Promise<void> {
    const at = text.lastIndexOf(this.#nonce);
    const last = at === -1 ? 0 : Number.parseInt(text.slice(at + this.#nonce.length + 1), 10);
    for (const [placeholder, picture] of this.#unclaimed) {
      if (picture.number > last) break;
      this.#unclaimed.delete(placeholder);
      this.#givenUp.push(picture);
    }
    await this.#discardGivenUp();
  }

  /** Gives up every picture that nobody claimed, and the one in progress. */
  async discardAll(): Promise<void> {
    if (this.#current !== null) this.#givenUp.push(this.#current);
    this.#current = null;
    this.#givenUp.push(...this.#unclaimed.values());
    this.#unclaimed.clear();
    await this.#discardGivenUp();
  }

  async #discardGivenUp(): Promise<void> {
    await Promise.all(this.#givenUp.splice(0).map((picture) => picture.sink.discard()));
  }

  #resume(picture: ExtractedPicture<Sink>): void {
    if (this.#block === NOTHING) {
      this.#block = Buffer.allocUnsafeSlow(this.#limits.blockBytes);
      this.#decoder = new Base64Decoder(this.#block);
    }
    this.#decoder.reset(picture.remainder);
    this.#current = picture;
  }

  /** Hands over what the block holds, and leaves the picture so that it could go on. */
  #suspend(picture: ExtractedPicture<Sink>): ExtractedPicture<Sink> {
    picture.hadEnd ||= this.isComplete();
    picture.remainder = { ...this.#decoder.remainder };
    // The bytes of the last group go with the rest where nothing can follow: no write of their own.
    if (picture.hadEnd && picture.remainder.count !== 1) {
      this.#decoder.finish();
      picture.remainder = NO_REMAINDER;
    }
    this.#write();
    this.#current = null;
    return picture;
  }

  #write(): void {
    const picture = this.#current;
    const { filled } = this.#decoder;
    if (picture === null || filled === 0) return;
    const bytes = this.#block.subarray(0, filled);
    if (picture.bytes === 0) picture.head = Buffer.from(bytes.subarray(0, ENDS_LENGTH));
    picture.tail = Buffer.concat([picture.tail, bytes.subarray(-ENDS_LENGTH)]).subarray(
      -ENDS_LENGTH,
    );
    picture.bytes += filled;
    if (picture.bytes > this.#limits.pictureBytes) {
      throw overLimit(`a picture is larger than ${this.#limits.pictureBytes} bytes`);
    }
    this.#pendingWrite = picture.sink.write(bytes);
    // Awaited by whoever feeds the stream; until then a failure must not count as unhandled.
    this.#pendingWrite.catch(() => {});
    this.#decoder.drain();
  }
}
