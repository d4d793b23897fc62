import type { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';
import { visible, visibleIn } from './terminal.ts';

/** Member names whose values never belong in a log, wherever they stand in an object. */
const SECRET_PATHS = ['token', 'interactionToken', 'apiKey', 'key', 'authorization', 'url'].flatMap(
  (name) => [name, `*.${name}`, `*.*.${name}`],
);

/** Secrets by their place in an address: an interaction token in a route, the key in a query. */
const SECRET_PATTERNS: [RegExp, string][] = [
  [/((?:webhooks|interactions)\/\d+\/)[\w.%-]{16,}/g, '$1[token]'],
  [/([?&]key=)[^&\s"\\]+/g, '$1[key]'],
];

/**
 * Builds the process's logger: JSON lines, with secrets kept out twice. Known members are redacted;
 * and every line is searched once more for the secrets themselves, whatever brought them in.
 */
export function createLogger(options: {
  level: string;
  secrets: string[];
  destination?: DestinationStream;
}): Logger {
  const secrets = options.secrets.filter((secret) => secret.length > 0);
  const scrub = (line: string): string => {
    let clean = line;
    for (const secret of secrets) clean = clean.replaceAll(secret, '[secret]');
    for (const [pattern, replacement] of SECRET_PATTERNS) {
      clean = clean.replace(pattern, replacement);
    }
    // JSON leaves DEL, C1 and overrides of direction as they are.
    return visible(clean, { lines: true });
  };
  const pinoOptions = {
    level: options.level,
    base: undefined,
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    serializers: { err: describeError },
    hooks: { streamWrite: scrub },
  };
  // Written at once: the last lines before an end are the ones that are looked for.
  return pino(pinoOptions, options.destination ?? pino.destination({ dest: 1, sync: true }));
}

/**
 * What of an error may be logged. discord.js puts the live token into `url` and the whole picture
 * into `requestBody`, so only members that are known to be harmless pass.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error))
    return { type: typeof error, message: String(error).slice(0, 500) };
  const fields = error as Error & Record<string, unknown>;
  const described: Record<string, unknown> = {
    type: error.name,
    message: error.message.slice(0, 2_000),
    stack: error.stack?.slice(0, 4_000),
  };
  for (const name of ['kind', 'code', 'status', 'method', 'route'] as const) {
    const value = fields[name];
    if (typeof value === 'string' || typeof value === 'number') described[name] = value;
  }
  if (error.cause !== undefined && depth < 3)
    described['cause'] = describeError(error.cause, depth + 1);
  return described;
}

/**
 * Where lines for people go: colours and words in place of JSON. Loaded only when wanted. What a
 * terminal would act upon is made visible first: pino-pretty writes texts as they are.
 */
export async function openPrettyOutput(destination?: Writable): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  const colorize = process.stdout.isTTY === true;
  const options = { sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l', colorize };
  const output = pretty({ ...options, ...(destination && { destination }) });
  return {
    write: (line) => void output.write(`${JSON.stringify(visibleIn(JSON.parse(line)))}\n`),
  };
}
