import { fileURLToPath } from 'node:url';
import type { BotDescription } from './bot.ts';
import { buttonsOf } from './render.ts';

const PROGRAM = fileURLToPath(new URL('../src/start.js', import.meta.url));

/** How this repository’s bot is started and followed: the only file here that knows Darkroom. */
export const DARKROOM: BotDescription = {
  name: 'Darkroom',
  about: 'Develops pictures in front of the people who asked for them.',
  // As `npm start` has it. V8’s young generation keeps the buffers of streams until it is full: at
  // 4 MiB instead of 16, fifty pictures at once take 100 MB less, at the same speed. The old one
  // grows to several times what is alive before it is collected; by a third each time, the texts of
  // four long answers leave 60 MB instead of 170.
  command: [
    process.execPath,
    '--max-semi-space-size=4',
    '--heap-growing-percent=30',
    '--initial-old-space-size=32',
    PROGRAM,
  ],
  variables: (addresses) => ({
    DISCORD_TOKEN: addresses.discordToken,
    DISCORD_API_URL: addresses.discordApiUrl,
    ANYFAST_API_KEY: addresses.geminiKey,
    ANYFAST_BASE_URL: addresses.geminiUrl,
    ATTACHMENT_HOSTS: addresses.discordCdnHost,
    MODEL_IMAGE_HOSTS: addresses.geminiImageHost,
    DATA_DIR: addresses.dataDir,
    LOG_LEVEL: 'info',
    // One of the world’s people added the app to their own account.
    USER_INSTALL: 'true',
  }),
  examples: [
    '/imagine prompt:a red fox in fresh snow, low winter sun ratio:16:9',
    '/imagine prompt:a lighthouse in fog size:2K model:Pro 3',
    '/imagine prompt:a paper boat [[draft]] private:True',
  ],
  // A Cancel button, or a clock that ticks where a finished reply has its footer.
  isUnfinished: (message) =>
    buttonsOf(message).some(({ label, disabled }) => /^cancel$/i.test(label) && !disabled) ||
    message.embeds.some(
      (embed) => embed.footer === undefined && /<t:\d+:R>/.test(embed.description ?? ''),
    ),
  // A failed reply’s footer reads `refused_prompt · ref 01ABC…`.
  failureKind: (footer) => /^([a-z]+(?:_[a-z]+)*) · ref \S/.exec(footer)?.[1] ?? null,
  // `picture`, or a failure kind of `src/domain.ts`.
  outcomes: {
    busy: 'busy',
    quota: 'busy',
    'retry-after': 'busy',
    status: 'by status',
    html: 'busy',
    'drop-connection': 'busy',
    reject: 'rejected',
    'bad-key': 'misconfigured',
    broke: 'misconfigured',
    gone: 'picture by the successor; misconfigured',
    refuse: 'refused_prompt',
    'refuse-image': 'refused_image',
    'text-only': 'no_image',
    'long-text': 'no_image',
    'no-image': 'no_image',
    finish: 'by reason',
    cut: 'cut; after the picture: picture',
    'error-mid': 'busy',
    'bare-error': 'busy',
    'error-200': 'busy',
    'error-after': 'picture',
    garbage: 'bad_answer',
    broken: 'bad_answer',
    slow: 'picture',
    silent: 'timeout',
    draft: 'picture',
    unflagged: 'picture, the last one',
    'all-flagged': 'picture, the last one',
    two: 'picture',
    huge: 'picture',
    bytes: 'picture',
    grain: 'picture',
    format: 'picture',
    square: 'picture',
    lie: 'picture',
    url: 'picture',
    'file-uri': 'picture',
    'data-uri': 'picture',
    signature: 'picture',
    'no-usage': 'picture',
    'no-finish': 'picture',
    sparse: 'picture',
    snake: 'picture',
    crlf: 'picture',
    'no-blank': 'picture',
    ping: 'picture',
    done: 'picture',
    array: 'picture',
    object: 'picture',
  },
};
