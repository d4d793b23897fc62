import { MAX_REFERENCES } from '../admission/policy.ts';
import type { FailureKind, LimitName, Problem, RequiredDetails } from '../domain.ts';
import { FILES_GONE_AFTER_MS } from '../generation/housekeeping.ts';
import type { OriginKind, RetryCause } from '../generation/live-reply.ts';
import { englishPages } from './english-pages.ts';
import { daysText } from './wait-texts.ts';

const KEPT_FOR = daysText(FILES_GONE_AFTER_MS);

/** What happened, and what the person can do now. Discord markdown; details come escaped. */
export interface FailureText {
  title: string;
  body: string;
}

/** What others wrote, escaped and shortened for Discord. */
export interface Quotes {
  /** The provider's reason code. */
  reason?: string | undefined;
  /** The model's own words. */
  words?: string | undefined;
  /** The name of the person's file. */
  file?: string | undefined;
}

/** The parts of a failure that its sentence may use. */
export interface ShownDetails<Kind extends FailureKind = FailureKind> extends Quotes {
  problem: Problem<Kind> | (Kind extends keyof RequiredDetails ? never : undefined);
  /** When to try again, as the provider said it; '' where a few minutes will do. */
  when: string;
  /** How often the model was asked. */
  attempts: number | undefined;
  /** Which limit or rule, what is left, and when it frees; '' for the other kinds. */
  limit: string;
}

/** Titles of refusals that are no matter of counting; of the others it is a limit. */
const REFUSAL_TITLES: Partial<Record<Problem, string>> = {
  needs_server: 'Only on a server',
  manage_server: 'Only for those who manage the server',
  not_kept: 'No longer kept',
  erased: 'No longer kept',
  form_over: 'No longer kept',
  not_ours: 'None of Darkroom’s pictures',
  somebody_elses: 'Somebody else’s',
  not_larger: 'It is that large already',
  no_words: 'No words',
  blocked_words: 'Not allowed here',
  unreadable_words: 'Your prompt can’t be checked',
  unchecked_words: 'Your prompt can’t be checked',
  picture_missing: 'The picture is missing',
  unreachable_picture: 'The picture is out of reach',
  other_files: 'No image that can be edited',
  sticker: 'This sticker can’t be edited',
  delete_again: 'Click Delete once more',
  delete_later: 'Discord is busy',
  fetch_later: 'Discord is busy',
  not_yours: 'Not yours',
  automod: 'Blocked by AutoMod',
  already_made: 'Already made',
  has_ended: 'It has ended already',
  no_picture: 'No picture there',
  cannot_delete_here: 'Not possible here',
} satisfies Partial<Record<Problem<'limit'>, string>>;

/** How the last attempt ended, where another follows. */
const RETRY_CAUSES: Record<RetryCause, string> = {
  busy: 'The model is busy.',
  cut: 'The connection to the model broke.',
  bad_answer: 'The model’s answer could not be read.',
};

const saying = (words: string | undefined) => (words ? `\n\nThe model said: “${words}”` : '');
const because = (reason: string | undefined) => (reason ? ` (${reason})` : '');

/** What may be wrong with a reference picture. */
const REFERENCE_PROBLEMS: Record<Problem<'reference'>, (file: string) => string> = {
  host: (file) => `**${file}** is not on Discord’s own servers. Attach it to the command instead.`,
  too_large: (file) => `**${file}** is too large. Send a smaller version of it.`,
  not_a_picture: (file) =>
    `**${file}** is not a picture that can be read. Send it as a JPEG, PNG or WebP.`,
  unreadable: (file) =>
    `**${file}** is damaged or of a kind that cannot be converted. Send it as a JPEG, PNG or WebP.`,
  undecodable: (file) =>
    `**${file}** can't be decoded: it takes too long, or breaks the decoder. Save it again as a JPEG or PNG.`,
  broken_off: (file) =>
    `**${file}** is incomplete: the file ends before the image does. Send the whole file.`,
  too_many_pixels: (file) =>
    `**${file}** has too many pixels. Make it smaller (4096 pixels on the longer side are enough), and send it as a JPEG or PNG.`,
  heic: (file) => `**${file}** is a HEIC image, which can't be read here. Export it as JPEG.`,
  animated_avif: (file) =>
    `**${file}** is an animated AVIF, which can't be read here. Send one frame of it as a JPEG or PNG.`,
  big_tiff: (file) =>
    `**${file}** is a BigTIFF, which can't be read here. Save it as an ordinary TIFF, JPEG or PNG.`,
  svg: (file) => `**${file}** is an SVG, a drawing without pixels. Export it as PNG.`,
  too_large_together: (file) =>
    `With **${file}** the pictures are too large together. Send fewer of them, or smaller ones.`,
  too_many: (file) =>
    `**${file}** is one picture too many. The models take up to ${MAX_REFERENCES}.`,
  unreachable: (file) => `**${file}** could not be fetched from Discord. Attach it once more.`,
  other: (file) => `**${file}** could not be fetched from Discord. Attach it once more.`,
};

/** Why a file that a message shows is not edited with its others. */
export type LeftOut = 'elsewhere' | 'sticker' | 'other_file' | 'too_many';

/** Why the form is not about all files of a message; fits into the 100 characters of its place. */
const LEFT_OUT: Record<LeftOut | 'mixed', string> = {
  elsewhere: 'the others are on other websites',
  sticker: 'stickers of this kind can’t be edited',
  other_file: 'the others are no images that can be edited',
  too_many: 'that is the most for one edit',
  mixed: 'the others can’t be edited',
};

/** Why Discord does not have a picture that is whole. */
const NOT_SHOWN: Record<Problem<'not_shown'>, FailureText> = {
  cannot_fit: {
    title: 'The picture does not fit here',
    body: `It was made and is whole, but Discord takes no file of its size in this place, however small it is made. It is kept for ${KEPT_FOR}: type \`/history\` where larger files are allowed, and fetch it there.`,
  },
  not_taken: {
    title: 'Discord did not take the picture',
    body: `It was made and is whole, but Discord refuses to show it in this place. It is kept for ${KEPT_FOR}: type \`/history\`, and fetch it there.`,
  },
  unreachable: {
    title: 'The picture could not be shown here',
    body: `It was made and is whole, but nothing could be written here when it was. It is kept for ${KEPT_FOR}: type \`/history\`, and fetch it there.`,
  },
  send_failed: {
    title: 'The image could not be sent',
    body: `It is made and whole, but Darkroom failed to send it. It is kept for ${KEPT_FOR}: type \`/history\` to fetch it.`,
  },
  other: {
    title: 'The image could not be sent',
    body: `It is made and whole. It is kept for ${KEPT_FOR}: type \`/history\` to fetch it.`,
  },
};

/**
 * Everything that Darkroom says, keyed by message. Another language is another object of this
 * shape; sentences for people come from here and never from an error's own message.
 */
export const english = {
  working: {
    queued: (position: number | null) =>
      position === null || position <= 1
        ? 'Next in line…'
        : `In line: ${position - 1} before this one.`,
    unsaved:
      'The image is made and kept. It can’t be saved right now, so it comes a little later; you don’t need to ask again.',
    undelivered: 'The picture is made. Discord does not take it yet; it is tried again and again.',
    paused: 'Darkroom is being restarted. This picture goes on as soon as it is back.',
    preparing: 'Preparing the tray…',
    thinking: 'Thinking it through…',
    drawing: 'The picture is coming up…',
    waiting: (after: RetryCause, attempt: number, when: string) =>
      `${RETRY_CAUSES[after]} Attempt ${attempt} starts ${when}.`,
    since: (when: string) => `Asked ${when}`,
    usually: (seconds: number) => `usually ${seconds} s`,
    draft: 'A draft; the picture follows',
    closing: `This takes longer than Discord lets me write here. What is made all the same is kept for ${KEPT_FOR}: type \`/history\` in a while to fetch it.`,
  },
  gallery: {
    done: (seconds: string) => `done in ${seconds} s`,
    /** @param when When to try again, where the provider said so; '' elsewhere. */
    failed: (title: string, id: string, when: string) =>
      `no picture: ${title}${when && `. Try again ${when}`} · ref ${id}`,
    kept: (title: string, id: string) => `${title}; it is kept: type \`/history\` · ref ${id}`,
    pictures: (done: number, of: number) =>
      done === of ? `${done} pictures` : `${done} of ${of} pictures`,
    edit: (number: number) => `Edit ${number}`,
    again: (number: number) => `Again ${number}`,
    enlarge: (number: number, size: string) => `Enlarge ${number} to ${size}`,
  },
  buttons: {
    cancel: 'Cancel',
    again: 'Again',
    tryAgain: 'Try again',
    edit: 'Edit',
    enlarge: (size: string) => `Enlarge to ${size}`,
    thinking: 'Thinking',
    delete: 'Delete',
  },
  form: {
    title: 'Edit the picture',
    prompt: 'What should the picture show?',
    instruction: 'What should be different?',
    picture: 'The picture',
    pictureGone: 'The one it was made from is no longer kept. Add it once more.',
    /** '' for the one that there is. */
    picturesOf: ({ taken, leftOut }: { taken: number; leftOut: readonly LeftOut[] }) => {
      const shown = taken + leftOut.length;
      if (shown === 1) return '';
      if (leftOut.length === 0) return `Of all ${shown} images of the message, in the order shown.`;
      const [why] = new Set(leftOut).size === 1 ? leftOut : ['mixed' as const];
      const files = leftOut.includes('other_file') ? 'files' : 'images';
      return `Of ${taken} of its ${shown} ${files}: ${LEFT_OUT[why ?? 'mixed']}.`;
    },
    pictures: 'More pictures to go by',
    picturesAbout: 'Up to 10, in the order in which you speak of them.',
    ratio: 'Ratio',
    asItIs: 'As it is',
    size: 'Size',
    model: 'Model',
  },
  thinking: {
    title: 'What the model thought',
    picture: (number: number) => `Picture ${number}`,
    none: 'The model showed no thinking for this picture.',
    erased: 'It is no longer kept.',
    asFile: 'It is long, so it comes as a file.',
  },
  deletion: {
    title: 'Delete this picture?',
    question: 'The message goes for everybody, and cannot be brought back.',
    yes: 'Delete it',
    done: 'Deleted',
  },
  details: {
    title: 'Picture details',
    model: 'Model',
    size: 'Size',
    when: 'When',
    tokens: 'Tokens',
    cost: 'Cost',
    reference: 'Reference',
    before: 'What it came of',
    kinds: {
      again: 'Again of',
      edit: 'Edit of',
      enlarge: 'Enlarged from',
    } as Record<OriginKind, string>,
    picture: (number: number) => `picture ${number}`,
    open: 'open',
    erased: 'The prompt is no longer kept.',
    elsewhere: '*a picture from elsewhere*',
    forgotten: '*one that is no longer kept*',
  },
  /** How a picture came of an earlier one; `what` is one of the next. */
  origin: {
    again: (what) => `Again of ${what}`,
    edit: (what) => `Edit of ${what}`,
    enlarge: (what, size) => `Enlarged to ${size} from ${what}`,
  } as Record<OriginKind, (what: string, size: string) => string>,
  earlier: (url: string | null, number: number | null) => {
    if (url === null)
      return number === null ? 'an earlier picture' : `picture ${number} of earlier ones`;
    return number === null ? `[this picture](${url})` : `[picture ${number} here](${url})`;
  },
  enlarged: (size: string) => `Enlarged to ${size}`,
  done: {
    tokens: (prompt: string, image: string, thinking: string, total: string) =>
      `tokens: ${prompt} prompt, ${image} image, ${thinking} thinking, ${total} total`,
    tokensUnknown: 'tokens unknown',
    unknown: '?',
    askedFor: (what: string) => `asked for ${what}`,
    seconds: (seconds: string) => `${seconds} s`,
    sentAs: (sent: string, made: string) => `sent as ${sent}; made as ${made}`,
  },
  /** Discord refused a message for its words. */
  blocked: 'Discord blocks words of this message here, so they are left out. `/history` has them.',
  inFile: 'Discord blocks the text of this message here. It is in the attached file.',
  altBlocked: 'An image made with Darkroom',
  bare: (id: string) => `\`/history\` · ref ${id}`,
  /** Behind a list that is not shown whole. */
  more: (count: number) => `and ${count} more`,
  typed: 'What you wrote, to be copied',
  failed: {
    reference: (kind: string, id: string) => `${kind} · ref ${id}`,
    kinds: {
      refused_prompt: (details) => ({
        title: 'The prompt was declined',
        body: `The model would not take this prompt${because(details.reason)}. Put it in other words and try again.${saying(details.words)}`,
      }),
      refused_image: (details) => ({
        title: 'The picture was declined',
        body: `The model would not show what it made${because(details.reason)}. Change the prompt and try again.${saying(details.words)}`,
      }),
      no_image: (details) => ({
        title: 'The model made no picture',
        body: `It answered without one${because(details.reason)}. Say more plainly that you want a picture, and of what.${saying(details.words)}`,
      }),
      busy: ({ problem, when, attempts = 1 }) => {
        const asked = attempts > 1 ? 'It was asked several times and' : 'It';
        const again = `Try again ${when || 'in a few minutes'}.`;
        if (problem === 'no_connection') {
          const tries = attempts > 1 ? ', though it was tried several times' : '';
          return {
            title: 'The model cannot be reached',
            body: `The connection to it failed${tries}. ${again}`,
          };
        }
        if (problem === 'daily_limit') {
          return {
            title: 'The model’s daily limit is reached',
            body: `Darkroom has used all that the model’s provider gives it for a day. Try again ${when || 'tomorrow'}. The bot’s operator has been told.`,
          };
        }
        return { title: 'The model is still busy', body: `${asked} had no room. ${again}` };
      },
      cut: () => ({
        title: 'The connection broke',
        body: 'The model’s answer ended before the picture was whole. Try again.',
      }),
      timeout: () => ({
        title: 'It took too long',
        body: 'The model did not finish in time. Try again, perhaps with a smaller size.',
      }),
      bad_answer: () => ({
        title: 'The answer could not be read',
        body: 'What the model sent was not a picture that can be shown. Try again.',
      }),
      rejected: (details) => ({
        title: 'The model would not take the request',
        body: `Something about it is not to its liking; change the prompt, the size or the reference.${saying(details.words)}`,
      }),
      reference: (details) => ({
        title: 'A reference picture cannot be used',
        body: REFERENCE_PROBLEMS[details.problem](details.file ?? 'The picture'),
      }),
      misconfigured: () => ({
        title: 'Darkroom is not set up right',
        body: 'This is not your doing: the bot’s own access to the model fails. Its operator has been told.',
      }),
      limit: ({ problem, limit }) => ({
        title: REFUSAL_TITLES[problem] ?? 'A limit is in the way',
        body: limit,
      }),
      no_space: () => ({
        title: 'The darkroom is full',
        body: 'There is no room left for another picture right now. Try again later; the operator has been told.',
      }),
      cancelled: (details) => ({
        title: 'Cancelled',
        body:
          details.problem === 'counts'
            ? 'It still counts toward your limit because the model had already started.'
            : 'This image was stopped before it was finished.',
      }),
      not_shown: ({ problem }) => NOT_SHOWN[problem],
      interrupted: () => ({
        title: 'Interrupted by a restart',
        body: 'Darkroom was restarted before this picture was finished. Please ask for it again.',
      }),
      internal: () => ({
        title: 'Something went wrong inside Darkroom',
        body: 'This is a fault of the bot, and it was written down. Try again; if it stays, give its operator the reference below.',
      }),
    } satisfies { [Kind in FailureKind]: (details: ShownDetails<Kind>) => FailureText },
  },
  limits: {
    names: {
      user_open: (value) => `You may have ${value} pictures in the making at once.`,
      user_cooldown: (value) => `There must be ${value} between two of your requests.`,
      user_pictures: (value) => `You may ask for ${value} pictures a day.`,
      guild_pictures: (value) => `This server may ask for ${value} pictures a day.`,
      guild_cost: (value) => `This server may spend ${value} a day on pictures.`,
      bot_pictures: (value) => `Darkroom makes ${value} pictures a day, for everybody together.`,
      bot_cost: (value) => `Darkroom spends ${value} a day, for everybody together.`,
    } satisfies Record<LimitName, (value: string) => string>,
    left: (amount: string) => `${amount === '0' ? 'None' : amount} left.`,
    never: 'This request alone is more than that.',
    frees: (when: string) => `It frees ${when}.`,
    freesWhenDone: 'It frees as soon as one of them is done.',
    again: (when: string) => `You may ask again ${when}.`,
    /** Rules that are no matter of counting. */
    rules: {
      model: 'This model is not allowed here. Choose another one.',
      no_price:
        'This model has no price set, and under a cost limit only models with prices can be used. Choose another one.',
      no_model:
        'No model can be used here at the moment. Ask who manages this server, or the bot’s operator.',
      size: 'This size is larger than is allowed here. Choose a smaller one.',
      private: 'Private pictures are not allowed here.',
      already_made:
        'This image is made and kept. It comes to its message as soon as it can be saved and sent, and is not paid for twice.',
      automod:
        'Discord’s AutoMod blocks your prompt here. The model was not asked and nothing was counted. Rephrase it and try again.',
      blocked_words: 'Your prompt contains words that are blocked here.',
      unreadable_words:
        'It contains too many special characters, such as ligatures, to be checked for blocked words. Write it in plain letters.',
      unchecked_words:
        'This server’s list of blocked words takes too long to check. Ask a moderator to shorten it in `/settings`.',
      guild: 'Darkroom does not serve this server.',
      direct_messages: 'Darkroom works only on servers. Use it in one of their channels.',
      user_install: 'Darkroom works only on servers that have added it.',
      needs_server: 'Settings belong to a server. Type `/settings` in one of its channels.',
      manage_server: 'This needs the permission *Manage Server*.',
      not_yours: 'Only the one who asked, and moderators, may do this.',
      has_ended: 'There is nothing left to stop.',
      no_picture: 'This message shows no picture that could be edited.',
      cannot_delete_here:
        'Discord does not let Darkroom remove this message. Use Discord’s own *Delete message* in the menu of the message, or ask who manages this place.',
      not_kept:
        'Nothing is kept of this picture: whoever asked for it had everything of theirs erased, or another bot’s database has it. *Edit picture* in the menu of the message works while the message shows it.',
      erased:
        'It was too long ago: what was asked for, and what the model thought, are no longer kept. *Edit* and *Enlarge* work while the message shows the picture.',
      form_over:
        'This form was opened too long ago, and what it was about is no longer kept. Open it once more.',
      not_ours:
        'This message holds no picture that Darkroom made. *Edit picture* works with every picture.',
      somebody_elses:
        'It belongs to somebody else, who asked for it in private or in another channel. Type `/history` to see yours.',
      not_larger: 'Choose a size that is larger than the one it has.',
      no_words: 'There is nothing to read in it. Describe the image you want.',
      picture_missing: 'The picture that it was made from is no longer kept. Add it in the form.',
      unreachable_picture:
        'Its picture is on another site, which Darkroom does not fetch from. Save it, and attach it to `/edit`.',
      other_files:
        'None of its files is an image that can be edited. JPEG, PNG, WebP, GIF, AVIF and TIFF can: export other kinds, such as HEIC or SVG, as JPEG or PNG, and attach them to `/edit`.',
      sticker:
        'It is no image that Darkroom can get from Discord. Attach a screenshot of it to `/edit`.',
      fetch_later:
        'The picture is still kept, but Discord did not take it just now. Press *Fetch* once more in a few minutes.',
      delete_again:
        'The question was open for too long, or Darkroom was restarted in the meantime. Click *Delete* under the picture once more.',
      delete_later:
        'Discord did not take it, though it was asked again and again. Click *Delete it* once more in a minute.',
      other: 'This is more than is allowed here right now. Try again later.',
    } satisfies Record<Problem<'limit'>, string>,
  },
  gate: {
    unknownCommand:
      'I do not know this command any more. It may be from an older version of me; type / to see what there is.',
    unknownComponent: 'I do not know this button any more. It may be from an older version of me.',
  },
  ...englishPages,
};

export type Texts = typeof english;
