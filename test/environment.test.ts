import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environment } from '../src/environment.ts';

const lines = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').split('\n');
const variables = Object.keys(environment.shape);

describe('.env.example', () => {
  it('holds every variable that Darkroom reads, once, and no other', () => {
    const named = lines.flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    expect(named.toSorted()).toEqual(variables.toSorted());
  });

  it('sets nothing, so that a copy of it changes nothing', () => {
    const set = lines.filter((line) => /^\w+=./.test(line));
    expect(set).toEqual([]);
  });

  it.each(variables)('explains %s', (name) => {
    // An explanation may serve the variables that follow it without a gap.
    const paragraph = lines
      .slice(0, lines.indexOf(`${name}=`))
      .join('\n')
      .split('\n\n')
      .at(-1);
    expect(paragraph).toMatch(/^# \w/m);
  });
});
