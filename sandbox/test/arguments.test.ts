import { describe, expect, it } from 'vitest';
import { HELP, readArguments, UsageError } from '../arguments.ts';

describe('the arguments', () => {
  it('have defaults for everything', () => {
    expect(readArguments([])).toEqual({
      help: false,
      directives: false,
      run: null,
      attach: {},
      out: null,
      json: false,
      botFile: null,
      bot: true,
      discordPort: 0,
      geminiPort: 0,
      pagePort: 0,
      pace: 1,
      as: 'member',
      guild: null,
      channel: null,
      timeoutMs: 120_000,
      showLog: false,
    });
  });

  it('are read', () => {
    const line = '--run /x --attach a=1=2.png --attach b=c --out o --json --timeout 0.5 --pace 0';
    expect(readArguments(line.split(' '))).toMatchObject({
      run: '/x',
      attach: { a: '1=2.png', b: 'c' },
      out: 'o',
      json: true,
      timeoutMs: 500,
      pace: 0,
    });
  });

  it.each([
    [['--frobnicate'], "Unknown option '--frobnicate'."],
    [['/imagine'], "Unexpected argument '/imagine'."],
    [['--run'], "Option '--run <value>' argument missing."],
    [['--run', ' '], /^--run needs a command/],
    [['--run', '/x', '--attach', 'photo.jpg'], /^--attach takes OPTION=FILE/],
    [['--run', '/x', '--attach', 'a=1', '--attach', 'a=2'], '--attach gives two files for "a".'],
    [['--pace', 'fast'], '--pace takes a number from 0 to 100, not "fast".'],
    [['--discord-port', '70000'], /^--discord-port takes a whole number from 0 to 65535/],
    [['--json'], '--json is only of use together with --run.'],
    [['--attach', 'a=b'], '--attach is only of use together with --run.'],
  ])('%j get one clear sentence', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });

  it('are all explained by --help', () => {
    const names = ['run', 'attach', 'out', 'json', 'as', 'guild', 'channel', 'timeout', 'pace'];
    const more = [
      'no-bot',
      'discord-port',
      'gemini-port',
      'page-port',
      'show-log',
      'words',
      'help',
    ];
    for (const name of [...names, ...more]) expect(HELP).toContain(`  --${name}`);
  });
});
