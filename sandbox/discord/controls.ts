/**
 * What can be changed while the local Discord runs. The settings are plain data, so that a page or
 * a test can show and change them; the methods make one thing happen now.
 */

/** Bytes of a mebibyte, the unit of Discord's upload limits. */
export const MIB = 1_048_576;

/** So many calls in a window that opens with the first of them. */
export interface BucketSize {
  limit: number;
  windowMs: number;
}

/** What holds from now on, until it is changed. */
export interface DiscordSettings {
  /** Whether calls are counted at all. */
  rateLimits: boolean;
  /** Posts and edits with one interaction's token. Discord: 5 in 5 s. */
  webhookBucket: BucketSize;
  /** Posts, edits and deletions in one channel with the bot's token. Discord: 5 in 5 s. */
  channelBucket: BucketSize;
  /** All calls with the bot's token. Discord: 50 a second. */
  globalBucket: BucketSize;
  /** Bytes that one file may have, enforced on every upload; null: as the guild says. */
  attachmentSizeLimit: number | null;
  /** Bytes told to the bot as `attachment_size_limit`; null: what is enforced. Discord has told too much. */
  announcedAttachmentSizeLimit: number | null;
  /** Bytes that the whole body of a message may have; null: no bound. Discord documents 25 MiB. */
  requestSizeLimit: number | null;
  /** Whether a body over a limit gets the edge's HTML page, which has no code. */
  html413: boolean;
  /**
   * Words that AutoMod blocks, in any case: a message of the bot that holds one, also in a file's
   * name or alt text, is answered 400 / 200000. Discord applies it to edits as well.
   */
  blockedWords: readonly string[];
  /** Discord: 3 seconds. */
  acknowledgeWithinMs: number;
  /** Discord: 15 minutes. */
  interactionTokenLifetimeMs: number;
  /** How long a signed attachment URL works. Discord: 24 hours. */
  signedUrlLifetimeMs: number;
  /** Told to clients when they connect. Discord: 41.25 s. */
  heartbeatIntervalMs: number;
  /** False: heartbeats stay unanswered, so that the client must find out by itself. */
  heartbeatAcks: boolean;
}

/** Discord as it is. */
export const DEFAULT_SETTINGS = {
  rateLimits: true,
  webhookBucket: { limit: 5, windowMs: 5_000 },
  channelBucket: { limit: 5, windowMs: 5_000 },
  globalBucket: { limit: 50, windowMs: 1_000 },
  attachmentSizeLimit: null,
  announcedAttachmentSizeLimit: null,
  requestSizeLimit: null,
  html413: false,
  blockedWords: [],
  acknowledgeWithinMs: 3_000,
  interactionTokenLifetimeMs: 15 * 60_000,
  signedUrlLifetimeMs: 24 * 60 * 60_000,
  heartbeatIntervalMs: 41_250,
  heartbeatAcks: true,
} satisfies DiscordSettings;

/** What goes wrong with a call. */
export type FaultEffect =
  /** An answer in place of the real one. `after-effect`: the call did its work all the same. */
  | {
      kind: 'answer';
      status: number;
      when?: 'before-body' | 'after-body' | 'after-effect';
      /** An object becomes JSON; a string goes as HTML. */
      body?: unknown;
    }
  /** 429 with the real headers. */
  | { kind: 'rate-limit'; retryAfterMs: number; scope?: 'user' | 'shared' | 'global' }
  /** The connection is cut. `after-effect`: a client that tries again does it twice. */
  | { kind: 'drop'; when: 'before-body' | 'after-effect' }
  /** The connection is cut when so many bytes of a multipart body have arrived. */
  | { kind: 'drop'; when: 'mid-upload'; afterBytes: number }
  /** The call waits, before or after its effect. */
  | { kind: 'delay'; ms: number; when?: 'before' | 'after-effect' }
  /** A multipart body is read no faster than this. */
  | { kind: 'slow-upload'; bytesPerSecond: number }
  /** A file is sent a byte at a time, with this pause between two; only with `match.file`. */
  | { kind: 'slow-download'; pauseMs: number };

/** What goes wrong, with which calls, and how often. */
export interface Fault {
  match: {
    method?: string;
    /** Part of the route's template, such as `/webhooks/`, `@original` or `callback`. */
    route?: string;
    /** Only calls of this interaction. */
    interactionId?: string;
    /** Only calls that carry files. Known from the content type, so multipart without files counts. */
    upload?: boolean;
    /** Only calls about an interaction of this sort: autocomplete, or all others. */
    autocomplete?: boolean;
    /** Only downloads of the file with this name; without it no download is affected. */
    file?: string;
  };
  /** How many calls that match are let through first. */
  skip?: number;
  /** How many calls it affects; 1 when left out, `Infinity` until it is cleared. */
  times?: number;
  effect: FaultEffect;
}

/** How the gateway answers a login in place of READY or RESUMED: a close code, op 9, or nothing. */
export type LoginAnswer =
  | { close: number }
  | { invalid: { resumable: boolean } }
  /** READY, with this address to resume at. */
  | { resumeUrl: string }
  | 'silence';

/** The day's logins, as `/gateway/bot` tells them. */
export interface StartLimit {
  total: number;
  remaining: number;
  /** Milliseconds until `remaining` is `total` again. */
  resetAfterMs: number;
}

/** Settings, fault injection and the gateway of a running local Discord. */
export interface DiscordControls {
  /** As they stand now; a copy. */
  settings(): DiscordSettings;
  /** Changes some of them; the rest stays. */
  set(change: Partial<DiscordSettings>): void;
  /** Back to the defaults, with no faults and full buckets. */
  reset(): void;
  /** Adds a fault. The first one that matches a call affects it, and no other. Returns what removes it. */
  injectFault(fault: Fault): () => void;
  /** The faults that wait for more calls. */
  pendingFaults(): Fault[];
  clearFaults(): void;
  /** Makes interaction tokens older: one, or all that there are. */
  ageTokens(byMs: number, interactionId?: string): void;
  /**
   * Cuts every gateway connection. Without a code the sockets are simply destroyed. With
   * `forget` the sessions cannot be resumed.
   */
  dropGateway(options?: { code?: number; forget?: boolean }): void;
  /** Answers every IDENTIFY (op 2) or RESUME (op 6) so; null: as usual. */
  answerLogins(answers: { identify?: LoginAnswer | null; resume?: LoginAnswer | null }): void;
  /** How many logins are left. */
  starts(): StartLimit;
  /** Changes how many logins are left. */
  limitStarts(limit: Partial<StartLimit>): void;
  /** Tells every client to reconnect (op 7). */
  askToReconnect(): void;
  /** Declares every session invalid (op 9). */
  invalidateSessions(resumable?: boolean): void;
}
