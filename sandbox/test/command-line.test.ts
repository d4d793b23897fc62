import { describe, expect, it } from 'vitest';
import { CommandLineError, type ParsedCommand, parseCommandLine } from '../command-line.ts';
import { COMMANDS } from './commands.ts';

const parse = (line: string, attach: Record<string, string> = {}): ParsedCommand =>
  parseCommandLine(line, COMMANDS, attach, (_, name) => (name === 'member' ? '42' : null));
const options = (line: string): ParsedCommand['options'] => parse(line).options;
const complaint = (line: string, attach: Record<string, string> = {}): string => {
  try {
    parse(line, attach);
  } catch (error) {
    if (error instanceof CommandLineError) return error.message;
    throw error;
  }
  return 'none';
};

describe('a command line', () => {
  it('gives the command, its values and its files', () => {
    const line = '/imagine prompt:"a red fox" ratio:16:9 private:true';
    expect(parse(line, { reference: 'photo.jpg' })).toEqual({
      command: 'imagine',
      options: { prompt: 'a red fox', ratio: '16:9', private: true },
      attachments: { reference: 'photo.jpg' },
    });
  });

  it('needs no quotes around a text, nor a slash', () => {
    expect(options('imagine prompt:a red fox in snow ratio:1:1')).toEqual({
      prompt: 'a red fox in snow',
      ratio: '1:1',
    });
    expect(options('/imagine prompt: a red fox')).toEqual({ prompt: 'a red fox' });
  });

  it('leaves what is quoted, and addresses, in the text', () => {
    expect(options('/imagine prompt:"a sign, ratio:1:1 on it" ratio:16:9')).toEqual({
      prompt: 'a sign, ratio:1:1 on it',
      ratio: '16:9',
    });
    expect(options('/imagine prompt:like https://example.com at 16:30')).toEqual({
      prompt: 'like https://example.com at 16:30',
    });
  });

  it.each([
    ['model:Pro', 'pro'],
    ['model:PRO', 'pro'],
    ['model:"pro 3"', 'pro'],
    ['model:fl', 'flash'],
    ['model:"Flash 3.1"', 'flash'],
    ['model:"pro 3 s"', 'slow'],
  ])('takes a choice by name, value or a beginning that fits only one: %s', (text, model) => {
    expect(options(`/imagine prompt:x ${text}`)['model']).toBe(model);
  });

  it('reads every type of value', () => {
    expect(options('/imagine prompt:x private:No count:3 strength:0.5 for:@member')).toEqual({
      prompt: 'x',
      private: false,
      count: 3,
      strength: 0.5,
      for: '42',
    });
  });

  it('follows subcommands and their groups', () => {
    expect(parse('/usage mine').command).toBe('usage mine');
    expect(parse('/usage guild top days:7')).toMatchObject({
      command: 'usage guild top',
      options: { days: 7 },
    });
  });

  it.each([
    ['/draw', 'There is no command "/draw". Commands: /imagine, /edit, /usage.'],
    ['', 'There is no command "/". Commands: /imagine, /edit, /usage.'],
    ['/imagine ratio:1:1', /^"\/imagine" needs prompt:…\. Options: prompt \(required\), ratio,/],
    ['/edit', /^"\/edit" needs --attach image=FILE\./],
    ['/imagine prompt:x colour:red', /^"\/imagine" has no option "colour"\. Options: prompt/],
    ['/imagine a fox', /^"a" stands before the first option\./],
    ['/imagine prompt:x prompt:y', 'The option "prompt" is given twice.'],
    ['/imagine prompt:x ratio:2:1', 'The option "ratio": "2:1" is none of: 1:1, 16:9.'],
    ['/imagine prompt:x ratio:1', 'The option "ratio": "1" fits several of: 1:1, 16:9.'],
    ['/imagine prompt:x model:', /is none of: Flash 3\.1, Pro 3/],
    ['/imagine prompt:x private:maybe', 'The option "private" is true or false, not "maybe".'],
    ['/imagine prompt:x count:1.5', 'The option "count" is a number, not "1.5".'],
    ['/imagine prompt:x count:', 'The option "count" is a number, not "".'],
    ['/imagine prompt:x for:nobody', 'There is no user called "nobody".'],
    ['/imagine prompt:x reference:a.png', /give it with --attach reference=FILE/],
    ['/imagine prompt:"x', 'A quote (") is opened and never closed.'],
    ['/usage', '"/usage" goes on with one of: mine, guild.'],
    ['/usage mine days:7', /has no option "days". It has no options\./],
  ])('says what is wrong with %j', (line, message) => {
    expect(complaint(line)).toMatch(message);
  });

  it('says which files a command takes', () => {
    expect(complaint('/imagine prompt:x', { image: 'a.png' })).toBe(
      '"/imagine" takes no file as "image". It takes files as: reference.',
    );
    expect(complaint('/usage mine', { image: 'a.png' })).toMatch(/It takes no files\.$/);
  });
});
