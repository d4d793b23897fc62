/** A name in double brackets, anywhere in a prompt, that tells the local Gemini how to behave. */
export interface Directive {
  /** As a person types it, with its possible arguments. */
  usage: string;
  /** What the local Gemini then does. */
  effect: string;
}

/**
 * Every behaviour that a prompt can ask for. A number as the last argument of a directive that fails
 * means "only the first N attempts": `[[busy:1]]`, `[[cut:before:2]]`.
 */
export const DIRECTIVES = {
  busy: { usage: '[[busy]] [[busy:N]]', effect: '503, overloaded' },
  quota: {
    usage: '[[quota]] [[quota:N]]',
    effect: '429 with a RetryInfo of 1.5 s',
  },
  'retry-after': {
    usage: '[[retry-after]] [[retry-after:N]]',
    effect: '503 with a Retry-After header of 1 s',
  },
  status: {
    usage: '[[status:CODE]] [[status:CODE:N]]',
    effect: 'that HTTP status, as a gateway words it',
  },
  html: { usage: '[[html]]', effect: "502 with a proxy's HTML page" },
  'drop-connection': {
    usage: '[[drop-connection]]',
    effect: 'the connection closes before any answer',
  },
  reject: { usage: '[[reject]]', effect: '400 INVALID_ARGUMENT' },
  'bad-key': {
    usage: '[[bad-key]] [[bad-key:gateway]]',
    effect: '400 API_KEY_INVALID, or a gateway’s 401',
  },
  broke: { usage: '[[broke]]', effect: '403, no balance at the gateway' },
  gone: {
    usage: '[[gone]] [[gone:gateway]] [[gone:all]]',
    effect: '404 for preview ids (or a gateway’s 503), or for every id',
  },
  refuse: {
    usage: '[[refuse]]',
    effect: 'promptFeedback.blockReason, no candidates',
  },
  'refuse-image': {
    usage: '[[refuse-image]]',
    effect: 'finishReason IMAGE_SAFETY with words',
  },
  'text-only': { usage: '[[text-only]]', effect: 'STOP with text alone' },
  'long-text': {
    usage: '[[long-text]]',
    effect: 'megabytes of text that looks like base64, in many events',
  },
  'no-image': { usage: '[[no-image]]', effect: 'finishReason NO_IMAGE' },
  finish: {
    usage: '[[finish:REASON]]',
    effect: 'that finishReason and no picture',
  },
  cut: {
    usage: '[[cut]] [[cut:before]] [[cut:reset]] [[cut:after]]',
    effect: 'ends in mid-image; before it; by a reset; after the whole picture',
  },
  'error-mid': {
    usage: '[[error-mid]]',
    effect: 'data: {"error"} after the thoughts',
  },
  'bare-error': {
    usage: '[[bare-error]]',
    effect: 'a JSON error of several lines, without data:, after the thoughts',
  },
  'error-200': {
    usage: '[[error-200]]',
    effect: 'a plain JSON error labelled event-stream, status 200',
  },
  'error-after': {
    usage: '[[error-after]]',
    effect: 'an error event after the whole picture',
  },
  garbage: { usage: '[[garbage]]', effect: 'an event that is no JSON' },
  broken: {
    usage: '[[broken]]',
    effect: 'picture bytes that no program can read',
  },
  slow: {
    usage: '[[slow]] [[slow:SECONDS]]',
    effect: 'takes 30 s (or as said), at any pace',
  },
  silent: {
    usage: '[[silent]] [[silent:headers]] [[silent:image]]',
    effect: 'nothing arrives; not even headers; nothing more after half the picture',
  },
  draft: { usage: '[[draft]]', effect: 'two drafts before the picture' },
  unflagged: {
    usage: '[[unflagged]]',
    effect: 'drafts whose thought flag was dropped',
  },
  'all-flagged': {
    usage: '[[all-flagged]]',
    effect: 'every picture carries the thought flag',
  },
  two: { usage: '[[two]]', effect: 'two pictures, the second counts' },
  huge: { usage: '[[huge]]', effect: 'a file of 30 MB' },
  bytes: { usage: '[[bytes:12MB]]', effect: 'a file of that size' },
  grain: {
    usage: '[[grain]]',
    effect: 'film grain, which hardly compresses',
  },
  format: {
    usage: '[[format:png]] [[format:jpeg]] [[format:webp]]',
    effect: 'the file type',
  },
  square: {
    usage: '[[square]]',
    effect: 'a square of 1K, whatever ratio and size were asked for',
  },
  lie: { usage: '[[lie]]', effect: 'a mimeType that is not true' },
  url: { usage: '[[url]]', effect: 'an address in place of base64' },
  'file-uri': { usage: '[[file-uri]]', effect: 'fileData.fileUri' },
  'data-uri': {
    usage: '[[data-uri]]',
    effect: 'the picture as a markdown data URI in the text',
  },
  signature: {
    usage: '[[signature]]',
    effect: 'a thoughtSignature larger than the picture',
  },
  'no-usage': { usage: '[[no-usage]]', effect: 'no usage at the end' },
  'no-finish': { usage: '[[no-finish]]', effect: 'no finishReason' },
  sparse: {
    usage: '[[sparse]]',
    effect: 'null and missing members between the chunks',
  },
  snake: { usage: '[[snake]]', effect: 'inline_data in the answer' },
  crlf: { usage: '[[crlf]]', effect: 'lines end with CRLF' },
  'no-blank': {
    usage: '[[no-blank]]',
    effect: 'no blank line after the last event',
  },
  ping: { usage: '[[ping]]', effect: 'comment lines between the events' },
  done: { usage: '[[done]]', effect: 'data: [DONE] at the end' },
  array: { usage: '[[array]]', effect: 'one JSON array instead of events' },
  object: { usage: '[[object]]', effect: 'one JSON object instead of events' },
} as const satisfies Record<string, Directive>;

export type DirectiveName = keyof typeof DIRECTIVES;

/** The directives of one prompt with their arguments, and the prompt without them. */
export interface ParsedPrompt {
  directives: ReadonlyMap<DirectiveName, readonly string[]>;
  text: string;
}

/** Brackets that hold no known directive stay in the text. */
export function parsePrompt(prompt: string): ParsedPrompt {
  const directives = new Map<DirectiveName, readonly string[]>();
  const text = prompt.replace(
    /\[\[\s*([a-z0-9-]+)(\s*|(?::[^\][:]+)+)\]\]/gi,
    (whole, name, args) => {
      const key = String(name).toLowerCase();
      if (!isDirective(key)) return whole;
      directives.set(
        key,
        String(args)
          .split(':')
          .slice(1)
          .map((argument) => argument.trim()),
      );
      return '';
    },
  );
  return { directives, text: text.replace(/\s+/g, ' ').trim() };
}

function isDirective(name: string): name is DirectiveName {
  return Object.hasOwn(DIRECTIVES, name);
}

/** Bytes of `12MB`, `1.5MB`, `300KB` (decimal), or a bare number; null when it is none. */
export function readByteCount(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(kb|mb|b)?$/i.exec(text.trim());
  if (match === null) return null;
  const unit = { kb: 1_000, mb: 1_000_000, b: 1 }[(match[2] ?? 'b').toLowerCase()] ?? 1;
  return Math.round(Number(match[1]) * unit);
}

/**
 * The table of all directives as plain text, for `--words`; with what the bot makes of each, where its
 * description says so.
 */
export function describeDirectives(outcomes?: Readonly<Record<DirectiveName, string>>): string {
  const names = Object.keys(DIRECTIVES) as DirectiveName[];
  const width = Math.max(...names.map((name) => DIRECTIVES[name].usage.length));
  const lines = names.map((name) => {
    const { usage, effect } = DIRECTIVES[name];
    const outcome = outcomes === undefined ? '' : ` → ${outcomes[name]}`;
    return `  ${usage.padEnd(width)}  ${effect}${outcome}`;
  });
  return ['Words in a prompt that ask the local Gemini for a behaviour:', '', ...lines, ''].join(
    '\n',
  );
}
