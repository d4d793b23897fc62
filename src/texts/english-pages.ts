import type { CeilingName } from '../admission/effective-settings.ts';
import type { EndState, GuildSettings, LimitName, OpenState } from '../domain.ts';

/** What one setting is called, and what a form says about it. */
export interface SettingText {
  name: string;
  /** One sentence, at most 100 characters. */
  about: string;
}

/** What the pages of /usage, /history, /settings and /forget say; a part of the catalogue. */
export const englishPages = {
  usage: {
    mine: 'Your usage',
    today: 'Today',
    month: 'This month',
    days: (count: number) => `Last ${count} days`,
    left: 'What is left here',
    pictures: (count: string) => (count === '1' ? '**1** picture' : `**${count}** pictures`),
    failures: (count: string) => `${count} ended without one`,
    tokens: (count: string) => `${count} tokens`,
    noLimits: 'No limit holds you back here.',
    exempt: 'One of your roles is exempt from this server’s limits.',
    renewed: (when: string) => `Daily amounts are new ${when}, at midnight UTC.`,
    ofTotal: (left: string, total: string) => `**${left}** of ${total} left`,
    wait: (pause: string, when: string) => `${pause}; you may ask again ${when}`,
    noWait: (pause: string) => `${pause}; you may ask now`,
    limits: {
      user_open: 'Yours in the making at once',
      user_cooldown: 'Between two requests',
      user_pictures: 'Your pictures today',
      guild_pictures: 'This server’s pictures today',
      guild_cost: 'This server’s cost today',
      bot_pictures: 'Everybody’s pictures today',
      bot_cost: 'Everybody’s cost today',
    } satisfies Record<LimitName, string>,
    guild: 'This server',
    guildNote: 'You see this server’s part because you may manage it. Days are UTC days.',
    topUsers: 'Most pictures this month',
    nobody: 'Nobody yet.',
    topUser: (place: number, user: string, rest: string) => `${place}. ${user} · ${rest}`,
    chart: {
      title: (days: number) => `Last ${days} days, by UTC day`,
      pictures: (total: string) => `Pictures a day · ${total} in all`,
      cost: (total: string) => `Cost a day, in US dollars · ${total} in all`,
      alt: (first: string, last: string, parts: string) =>
        `Bar chart of this server’s usage, ${first} to ${last} (UTC). ${parts}`,
      altTotal: (of: string, total: string) => `${of}: ${total}`,
      altPictures: (total: string, models: string) => `Pictures: ${total} in all (${models}).`,
      altCost: (total: string, models: string) => `Cost: ${total} in all (${models}).`,
      altHighest: (day: string, count: string) => `Most pictures on ${day}: ${count}.`,
    },
  },
  history: {
    title: 'Your pictures',
    empty:
      'Nothing here yet, or nothing that is still kept. Make a picture with `/imagine`, and it shows up here.',
    older: 'Older',
    newer: 'Newer',
    again: (number: number) => `Again ${number}`,
    fetch: (number: number) => `Fetch ${number}`,
    message: (link: string) => `[Go to the message](${link})`,
    onlyYou: 'It was shown to you only.',
    alt: (number: number, prompt: string) => `Picture ${number}: ${prompt}`,
    states: {
      queued: 'Still in line.',
      running: 'Still in the making.',
      received: 'It is on its way to you.',
      delivered: '',
      failed: 'It was made, but could not be shown.',
      cancelled: 'Its message was deleted before it could be shown.',
      interrupted: 'It was made, but nothing could show it in time.',
    } satisfies Record<OpenState | EndState, string>,
    kept: (number: number, until: string) =>
      `Its file is kept until ${until}: press **Fetch ${number}**.`,
    note: (days: number) => `Again asks for the same once more. Prompts are kept for ${days} days.`,
  },
  settings: {
    title: 'Settings of this server',
    intro:
      'Choose below what to change. A default of the bot can be changed either way; a limit of the bot’s operator can only be made stricter.',
    own: 'set here',
    byDefault: 'default',
    byOperator: 'limit of the bot’s operator',
    /** What a server set where that allows more than the operator does. */
    clipped: (own: string, allows: string) => `Set to ${own}; the bot’s operator ${allows}`,
    operatorAllows: {
      guildCostMicrosPerDay: (value) => `allows up to ${value}`,
      models: (value) => `allows only ${value}`,
      largestSize: (value) => `allows up to ${value}`,
      privateAllowed: () => 'does not allow it',
      blockedWords: (value) => `blocks ${value}`,
    } satisfies Record<CeilingName, (value: string) => string>,
    added: (entries: string) => `set here, besides ${entries} of the bot’s operator`,
    unpriced: (models: string) => `no price is set for ${models}, and a cost limit needs one`,
    noLimit: 'no limit',
    none: 'none',
    allowed: 'allowed',
    notAllowed: 'not allowed',
    seconds: (count: string) => `${count} s`,
    entries: (count: number) => (count === 1 ? '1 entry' : `${count} entries`),
    roles: (count: number) => (count === 1 ? '1 role' : `${count} roles`),
    changes: 'Last changes',
    noChanges: 'Nothing was changed yet.',
    change: (when: string, who: string, name: string, from: string, to: string) =>
      `${when} ${who}: ${name}, ${from} → ${to}`,
    somebody: 'somebody who was forgotten',
    names: {
      userOpen: {
        name: 'At once, each person',
        about: 'How many pictures one person may have in the making at the same time.',
      },
      userPicturesPerDay: {
        name: 'A day, each person',
        about: 'How many pictures one person may ask for in a UTC day.',
      },
      userCooldownMs: {
        name: 'Pause between requests',
        about: 'Seconds that a person waits from one request to the next.',
      },
      guildPicturesPerDay: {
        name: 'A day, whole server',
        about: 'How many pictures this server may ask for in a UTC day.',
      },
      guildCostMicrosPerDay: {
        name: 'Cost a day, whole server',
        about: 'US dollars that this server may spend on pictures in a UTC day.',
      },
      models: { name: 'Models', about: 'Which models people may choose here.' },
      largestSize: { name: 'Largest size', about: 'The largest picture that people may ask for.' },
      privateAllowed: {
        name: 'Private pictures',
        about: 'Whether people may have a picture shown to themselves only.',
      },
      blockedWords: {
        name: 'Blocked words',
        about: 'Prompts that hold one of these are refused.',
      },
      exemptRoles: {
        name: 'Exempt roles',
        about: 'Whom the limits of each person and of this server do not hold back.',
      },
    } satisfies Record<keyof GuildSettings, SettingText>,
    /** About a list of words that was saved before there was a limit; '' where its cost is unknown. */
    costlyList: (cost: string, most: string) =>
      `⚠️ This list takes too long to check${cost === '' ? '' : ` (cost ${cost}, limit ${most})`}. It still applies, but slowly, and a prompt that can’t be checked in time is refused. Shorten its expressions.`,
    form: {
      mode: 'What should apply here?',
      own: 'What is written below',
      ownNumber: 'The number below',
      noLimit: 'No limit',
      ownBesides: (entries: string) => `What is written below, besides the operator’s ${entries}`,
      keep: (value: string) => `Keep what is set (${value})`,
      byDefault: (value: string) => `The bot’s default (${value})`,
      byOperator: (value: string) => `The bot operator’s limit (${value})`,
      number: 'Number',
      numberHint: (lowest: string, highest: string) =>
        `From ${lowest} to ${highest}. It counts only if you chose “The number below”.`,
      words: 'One on each line',
      wordsHint: 'A word or phrase in any case, or a regular expression: /gr[ae]y area/',
      roles: 'Roles',
      rolesHint: 'Up to 25; leave it empty for none.',
      tooLong: 'What is set is too long to show here. What you fill in replaces it.',
      bothModels: 'Both models',
      onlyModel: (model: string) => `${model} only`,
      upTo: (size: string) => `Up to ${size}`,
      allowed: 'Allowed',
      notAllowed: 'Not allowed',
    },
    refused: {
      title: 'Nothing was changed',
      retry: 'Correct it',
      notKept:
        'What you wrote is too long to be shown here. Press the button to fill in the form anew.',
      kept: 'What you wrote is below. Press the button to go on from there.',
      noNumber: (name: string) =>
        `**${name}**: write a number, or choose “No limit” or the default instead.`,
      badNumber: (name: string, lowest: string, highest: string) =>
        `**${name}** must be a plain number from ${lowest} to ${highest}, such as \`${lowest}\`.`,
      badLines: (problems: string) => `These lines cannot be used:\n${problems}`,
      badLine: (line: number, entry: string, problem: string) =>
        `Line ${line}, ${entry}: ${problem}`,
      tooLong: (chars: number) => `longer than ${chars} characters`,
      tooCostly: (cost: string, most: string) =>
        `it takes too long to check (cost ${cost}, limit ${most}); use fewer repetitions`,
      listTooCostly: (cost: string, most: string, lines: string) =>
        `These expressions take too long to check: together they cost ${cost}, and the limit is ${most}. Shorten or remove the most expensive ones:\n${lines}`,
      costOf: (cost: string) => `cost ${cost}`,
      listTooSlow: 'These expressions take too long to check. Shorten or remove some of them.',
      tooMany: (count: number) => `There can be ${count} entries at most.`,
      noPrices: (models: string) =>
        `Under a cost limit only models with prices can be used, and the bot’s operator has set none for ${models}. Choose other models, or no cost limit.`,
      wider: (name: string, allows: string) =>
        `**${name}**: the bot’s operator ${allows}. A server can only make this stricter.`,
    },
  },
  forget: {
    title: 'Forget you?',
    asks: [
      '**This goes, at once and for good:**',
      '- your prompts, the names and addresses of your reference pictures, the model’s thinking, thumbnails, and picture files that are still kept',
      '- your own sums in `/usage`, and your name in the records of servers’ settings',
      '- pictures in the making: they are cancelled first',
      '',
      '**This stays:**',
      '- messages and pictures in Discord: delete those there',
      '- sums of servers and of the whole bot, which name nobody',
      '- what you used of today’s limits, for a few days, so that being forgotten does not renew them',
    ].join('\n'),
    yes: 'Forget me',
    no: 'Keep everything',
    kept: { title: 'Nothing was deleted', body: 'Everything is as it was.' },
    done: {
      title: 'You are forgotten',
      body: (count: number) =>
        count === 1
          ? '1 request of yours was deleted, with all that belonged to it.'
          : `${count} requests of yours were deleted, with all that belonged to them.`,
    },
    partly: {
      title: 'Almost everything is deleted',
      body: (open: number) =>
        `${open === 1 ? 'One picture is' : `${open} pictures are`} still being stopped. Press the button again in a minute to delete the rest.`,
    },
  },
};
